// What is said of a run of git that failed.
#include "src/ops/sources/git_program.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"
#include "cbuild/util/process.h"
#include "tests/unit/ops/git_support.h"

namespace cbuild::ops {

namespace {

struct Fixture : GitFixture {
  GitProgram program(const std::string& url) {
    return GitProgram(url, {{lent, /*as_caller=*/false}, agents, registry}, cancel);
  }

  /// The error of a run that wrote `err` and ended with 128.
  Error failure(const std::string& err) {
    ProcessResult result;
    result.exit_code = 128;
    result.err = err;
    try {
      program("https://host/a.git").fail(result, GitReach::network);
    } catch (const Error& error) {
      return error;
    }
  }
};

}  // namespace

TEST_CASE("no password of a URL is shown") {
  struct Row {
    std::string url;
    std::string shown;
    std::string address;
  };

  const Row rows[] = {
      {"https://host/a.git", "https://host/a.git", "https://host/a.git"},
      {"https://me:secret@host/a.git", "https://xxxxx@host/a.git", "https://host/a.git"},
      {"ssh://git@host/a.git", "ssh://git@host/a.git", "ssh://git@host/a.git"},
      {"https://host/a\nb.git", "https://host/a\\x0ab.git", "https://host/a\nb.git"},
  };
  Fixture fixture;
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(fixture.program(row.url).shown() == row.shown);
    CHECK(fixture.program(row.url).address() == row.address);
  }
}

TEST_CASE("a failure of git is told in one line, without progress and git's prefixes") {
  Fixture fixture;
  const Error error = fixture.failure(
      "Cloning into 'a'...\n"
      "remote: Counting objects: 1%\rremote: Counting objects: 100%\n"
      "remote: no such branch\n"
      "fatal: the remote end hung up\n");
  CHECK(std::string(error.what()) ==
        "git: https://host/a.git: no such branch; the remote end hung up");
  CHECK(error.kind() == ErrorKind::network);
  CHECK(error.hint().empty());
  CHECK(std::string(fixture.failure("").what()) == "git: https://host/a.git: git ended with 128");
}

TEST_CASE("the hint says which credentials a server wants") {
  struct Row {
    std::string err;
    std::string hint;
  };

  const Row rows[] = {
      {"fatal: could not read Username for 'https://host'", "GIT_AUTH_TOKEN"},
      {"fatal: Authentication failed for 'https://host/'", "GIT_AUTH_TOKEN"},
      {"git@host: Permission denied (publickey).", "--ssh default"},
      {"Host key verification failed.", "known_hosts"},
      {"ssh: Could not resolve hostname work", "~/.ssh/config"},
  };
  Fixture fixture;
  for (const Row& row : rows) {
    CAPTURE(row.err);
    CHECK(fixture.failure(row.err).hint().find(row.hint) != std::string::npos);
  }
}

TEST_CASE("a server that was too slow is told from one that refused") {
  const auto was_slow_with = [](const std::string& err) {
    ProcessResult result;
    result.err = err;
    return was_slow(result);
  };
  CHECK(was_slow_with("error: RPC failed; curl 28 Operation too slow."));
  CHECK(was_slow_with("ssh: connect to host h port 22: Connection timed out"));
  CHECK(was_slow_with("Timeout, server h not responding."));
  CHECK_FALSE(was_slow_with("fatal: couldn't find remote ref x"));
  CHECK_FALSE(was_slow_with(""));
}

}  // namespace cbuild::ops
