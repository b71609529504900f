// Credentials that `cbuild login` asks for, checks and stores, and that `cbuild logout` forgets.
#include <stdlib.h>

#include "cbuild/util/base64.h"
#include "tests/unit/cli/command_run.h"
#include "tests/unit/registry/web_server.h"

namespace cbuild::cli {
namespace {

using registry::WebAnswer;
using registry::WebRequest;
using registry::WebServer;

/// Where credentials are kept while it lives.
class DockerConfig {
 public:
  explicit DockerConfig(const std::string& directory) {
    const char* former = ::getenv("DOCKER_CONFIG");  // NOLINT(concurrency-mt-unsafe)
    if (former != nullptr) former_ = former;
    ::setenv("DOCKER_CONFIG", directory.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }

  DockerConfig(const DockerConfig&) = delete;
  DockerConfig& operator=(const DockerConfig&) = delete;

  ~DockerConfig() {
    if (former_) {
      ::setenv("DOCKER_CONFIG", former_->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    } else {
      ::unsetenv("DOCKER_CONFIG");  // NOLINT(concurrency-mt-unsafe)
    }
  }

 private:
  std::optional<std::string> former_;
};

/// A registry that knows one user.
WebAnswer answer(const WebRequest& request) {
  if (request.header("authorization") == "Basic " + base64_encode("user:secret")) return {};
  return {.status = 401, .headers = {"WWW-Authenticate: Basic realm=x"}};
}

TEST_CASE("credentials that the registry accepts are stored, until they are forgotten") {
  const WebServer server(answer);
  const Shell shell;
  const DockerConfig config(shell.at("docker"));
  const std::vector<std::string> words = {"-u", "user", "--password-stdin", server.host()};
  CHECK(shell.run("login", words, "secret\r\n").out == "Login Succeeded\n");
  const std::string stored = read_file(shell.at("docker/config.json"));
  CHECK(holds(stored, server.host()));
  CHECK(holds(stored, base64_encode("user:secret")));
  CHECK(shell.run("logout", {server.host()}).out ==
        "Removed the credentials for " + server.host() + "\n");
  CHECK_FALSE(holds(read_file(shell.at("docker/config.json")), server.host()));
  CHECK(shell.run("logout", {server.host()}).out == "Not logged in to " + server.host() + "\n");
}

TEST_CASE("credentials that the registry does not accept are not stored") {
  const WebServer server(answer);
  const Shell shell;
  const DockerConfig config(shell.at("docker"));
  const Ran ran = shell.run("login", {"-u", "user", "--password-stdin", server.host()}, "wrong\n");
  CHECK(ran.error == server.host() + " does not accept this user name and password");
  CHECK(ran.code == static_cast<int>(ErrorKind::network));
  CHECK_FALSE(read_file_if_exists(shell.at("docker/config.json")));
}

TEST_CASE("without a terminal nothing can be asked for, and no registry is") {
  struct Row {
    std::vector<std::string> words;
    std::string input;
    std::string error;
  };

  const Row rows[] = {
      {{}, "", "cannot ask for a user name: standard input is not a terminal"},
      {{"-u", "user"}, "secret\n", "cannot ask for a password: standard input is not a terminal"},
      {{"--password-stdin"}, "secret\n", "--password-stdin needs --username"},
      {{"-u", "user", "--password-stdin"}, "\n", "the password is empty"},
      {{"-p", "secret"}, "", "-p is not supported"},
  };
  const WebServer server(answer);
  const Shell shell;
  const DockerConfig config(shell.at("docker"));
  for (Row row : rows) {
    CAPTURE(row.error);
    row.words.push_back(server.host());
    const Ran ran = shell.run("login", row.words, row.input);
    CHECK(ran.error == row.error);
    CHECK(ran.code == static_cast<int>(ErrorKind::usage));
  }
  CHECK(server.requests().empty());
}

}  // namespace
}  // namespace cbuild::cli
