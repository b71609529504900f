// What git is told of credentials, and where it may go.
#include "src/ops/sources/git_access.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cbuild/util/base64.h"
#include "cbuild/util/text.h"
#include "tests/unit/ops/git_support.h"

namespace cbuild::ops {

namespace {

/// What is lent to a build, and what git is told of it.
struct Fixture : GitFixture {
  bool as_caller = false;

  GitAccess access(const std::string& url) {
    return GitAccess(url, {{lent, as_caller}, agents, registry});
  }

  /// The header that git sends, and to where: "https://h/ basic x"; "" = none.
  std::string header(const std::string& url, GitReach reach = GitReach::network) {
    const std::string text = access(url).configuration(reach);
    const auto place = text.find("[http \"");
    if (place == std::string::npos) return "";
    const std::string value = "extraHeader = \"Authorization: ";
    const auto begin = text.find(value, place) + value.size();
    const auto origin = place + 7;
    return text.substr(origin, text.find("\"]", origin) - origin) + " " +
           text.substr(begin, text.rfind('"') - begin);
  }
};

bool has_entry(const std::vector<std::string>& environment, const std::string& entry) {
  return std::ranges::find(environment, entry) != environment.end();
}

/// The value of `name` in `environment`; "(none)" without it.
std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  }
  return "(none)";
}

std::string basic(const std::string& user_and_password) {
  return "basic " + base64_encode(user_and_password);
}

}  // namespace

TEST_CASE("user and password of a URL go into a header for its origin, and out of the URL") {
  Fixture fixture;

  struct Row {
    std::string url;
    std::string shown, header;
  };

  const Row rows[] = {
      {"https://h/a.git", "https://h/a.git", ""},
      {"https://u:p@h:8443/a.git", "https://h:8443/a.git", "https://h:8443/ " + basic("u:p")},
      {"http://token@h/a.git", "http://h/a.git", "http://h/ " + basic("token")},
      {"https://a@b@h/a.git", "https://h/a.git", "https://h/ " + basic("a@b")},
      {"https://h/a@b.git", "https://h/a@b.git", ""},
      {"https://u@h", "https://h", "https://h/ " + basic("u")},
      {"ssh://git@h/a.git", "ssh://git@h/a.git", ""},
      {"git@h:a.git", "git@h:a.git", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(fixture.access(row.url).url() == row.shown);
    CHECK(fixture.header(row.url) == row.header);
  }
}

TEST_CASE("a lent secret is for the host it names before it is for all, a header before a token") {
  Fixture fixture;
  auto& secrets = fixture.lent.secrets;
  secrets["GIT_AUTH_TOKEN"] = " general\n";
  CHECK(fixture.header("https://h/a.git") == "https://h/ " + basic("x-access-token:general"));
  CHECK(fixture.header("ssh://h/a.git") == "");
  secrets["GIT_AUTH_HEADER"] = "Bearer g\n";
  CHECK(fixture.header("https://h/a.git") == "https://h/ Bearer g");
  secrets["GIT_AUTH_TOKEN.h"] = "own";
  CHECK(fixture.header("https://h/a.git") == "https://h/ " + basic("x-access-token:own"));
  CHECK(fixture.header("https://other/a.git") == "https://other/ Bearer g");
  CHECK(fixture.header("https://h:81/a.git") == "https://h:81/ Bearer g");  // another origin
  secrets["GIT_AUTH_HEADER.h"] = "Bearer h";
  CHECK(fixture.header("https://h/a.git") == "https://h/ Bearer h");
  CHECK(fixture.header("https://u:p@h/a.git") == "https://h/ " + basic("u:p"));
}

TEST_CASE("a header is quoted for git's configuration, and told to no run that stays here") {
  Fixture fixture;
  fixture.lent.secrets["GIT_AUTH_HEADER"] = "a \"b\" \\c";
  CHECK(fixture.header("https://h/a.git") == R"(https://h/ a \"b\" \\c)");
  CHECK(fixture.header("https://h/a.git", GitReach::submodules) != "");  // for the same origin
  CHECK(fixture.header("https://h/a.git", GitReach::local) == "");
  for (const GitReach reach : {GitReach::local, GitReach::network, GitReach::submodules}) {
    const std::string text = fixture.access("https://h/a.git").configuration(reach);
    CHECK(holds(text, "hooksPath = /dev/null"));
    CHECK(holds(text, "followRedirects = false"));  // a redirect would get the header
  }
}

TEST_CASE("repositories that were fetched with different rights are kept apart") {
  Fixture fixture;
  CHECK(fixture.access("https://h/a.git").key() == "");
  CHECK(fixture.access("git@h:a").key() == "");
  CHECK(fixture.access("https://u@h/a.git").key() == "lent");
  fixture.lent.secrets["GIT_AUTH_TOKEN"] = "x";
  CHECK(fixture.access("https://h/a.git").key() == "lent");
  CHECK(fixture.access("git@h:a").key() == "");  // a token is none for ssh
  fixture.lent.ssh["other"] = {};
  CHECK(fixture.access("git@h:a").key() == "");
  fixture.lent.ssh["default"] = {};
  CHECK(fixture.access("git@h:a").key() == "lent");
  fixture.as_caller = true;
  CHECK(fixture.access("https://h/a.git").key() == "of the caller");
  CHECK(fixture.access("git@h:a").key() == "of the caller");
}

TEST_CASE("what is the caller's own is for the URL that the caller gave") {
  Fixture fixture;
  for (const bool as_caller : {false, true}) {
    CAPTURE(as_caller);
    fixture.as_caller = as_caller;
    const GitAccess access = fixture.access("git@h:a");
    CHECK(access.is_caller(GitReach::network) == as_caller);
    CHECK_FALSE(access.is_caller(GitReach::submodules));
    CHECK_FALSE(access.is_caller(GitReach::local));
    const auto none = access.environment(GitReach::submodules, "/c");
    CHECK(has_entry(none, "HOME=/nonexistent"));
    CHECK(value_of(none, "SSH_AUTH_SOCK") == "(none)");
    CHECK(holds(value_of(none, "GIT_SSH_COMMAND"), "-F /dev/null -o IdentityFile=none"));
    const auto given = access.environment(GitReach::network, "/c");
    CHECK(holds(value_of(given, "GIT_SSH_COMMAND"), "-F /dev/null") != as_caller);
  }
}

TEST_CASE("git reads no configuration but ours, asks nobody, and speaks known protocols") {
  Fixture fixture;
  const GitAccess access = fixture.access("https://h/a.git");
  for (const GitReach reach : {GitReach::local, GitReach::network, GitReach::submodules}) {
    const auto environment = access.environment(reach, "/proc/self/fd/7");
    for (const char* entry :
         {"LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/proc/self/fd/7",
          "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=never",
          "GIT_NO_REPLACE_OBJECTS=1"}) {
      CAPTURE(entry);
      CHECK(has_entry(environment, entry));
    }
    const bool is_local = reach == GitReach::local;
    CHECK(value_of(environment, "GIT_ALLOW_PROTOCOL") ==
          (is_local ? "file" : "http:https:ssh:git"));
    CHECK((value_of(environment, "GIT_SSH_COMMAND") == "(none)") == is_local);
  }
  const std::string ssh = value_of(access.environment(GitReach::network, ""), "GIT_SSH_COMMAND");
  CHECK(holds(ssh, "-o BatchMode=yes"));
  CHECK(holds(ssh, "-o StrictHostKeyChecking=accept-new"));
  CHECK(holds(ssh, "-o 'UserKnownHostsFile=\"/dev/null\" \""));
}

TEST_CASE("only words that tell of a redirect are followed") {
  Fixture fixture;
  GitAccess access = fixture.access("https://h/a.git");
  const std::string redirect =
      "fatal: unable to access 'http://h.invalid/a.git/': The requested URL returned error: 301\n";
  CHECK_FALSE(access.follow_redirect(redirect, GitReach::local));
  CHECK_FALSE(access.follow_redirect("", GitReach::network));
  CHECK_FALSE(access.follow_redirect(
      "fatal: unable to access 'http://h.invalid/': The requested URL returned error: 404",
      GitReach::network));
  CHECK_FALSE(access.follow_redirect("remote: " + redirect, GitReach::network));
}

}  // namespace cbuild::ops
