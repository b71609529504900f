// Credential files and helpers.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "cbuild/oci/reference.h"
#include "cbuild/registry/credential_files.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/registry/credential_keys.h"

namespace cbuild::registry {

namespace {

/// A directory for a config.json and for helpers, which PATH finds while it lives.
class Home {
 public:
  Home() {
    REQUIRE(::mkdtemp(path_) != nullptr);
    ::signal(SIGPIPE, SIG_IGN);       // as main() does: a helper may end without reading its input
    former_path_ = ::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    ::setenv("PATH", (path() + ":" + former_path_).c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    paths.config_file = path() + "/docker/config.json";
    paths.read_files = {paths.config_file, path() + "/auth.json"};
  }

  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  ~Home() {
    ::setenv("PATH", former_path_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    remove_tree(AT_FDCWD, path());
  }

  std::string path() const { return path_; }

  void write(const std::string& json) {
    make_directories(path() + "/docker");
    write_file_atomically(paths.config_file, json, 0600);
  }

  void helper(const std::string& name, const std::string& script) {
    write_file_atomically(path() + "/docker-credential-" + name, "#!/bin/sh\n" + script, 0755);
  }

  /// "user:password:token", "-" for none.
  std::string find(const std::string& reference) {
    FoundCredentials result = find_credentials(paths, oci::Reference::parse(reference), cancel);
    faults = join(result.faults, "; ");
    const auto& found = result.credentials;
    return found ? found->user + ":" + found->password + ":" + found->identity_token : "-";
  }

  std::string faults;  ///< of the last find()

  CredentialPaths paths;
  CancelToken cancel;

 private:
  char path_[32] = "/tmp/cbuild-credentials-XXXXXX";
  std::string former_path_;
};

}  // namespace

TEST_CASE("keys lose what does not matter") {
  struct Row {
    std::string key;
    std::string result;
  };

  const Row rows[] = {
      {"https://index.docker.io/v1/", "docker.io"},
      {"index.docker.io", "docker.io"},
      {"docker.io", "docker.io"},
      {"docker.io/team", "docker.io/team"},
      {"registry-1.docker.io", "registry-1.docker.io"},
      {"http://r.example:5000/v2/", "r.example:5000"},
      {"r.example/", "r.example"},
      {"r.example/team/v1", "r.example/team/v1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key);
    CHECK(normal_key(row.key) == row.result);
  }
}

TEST_CASE("auths are found by the longest path, under any alias") {
  Home home;
  // base64: u:p, team:p, app:p, hub:p
  home.write(R"({"auths": {
      "r.example": {"auth": "dTpw"},
      "r.example/team": {"auth": "dGVhbTpw"},
      "r.example/team/app": {"auth": "YXBwOnA="},
      "https://index.docker.io/v1/": {"auth": "aHViOnA="},
      "https://v2.example/v2/": {"username": "x", "password": "y"},
      "token.example": {"auth": "PHRva2VuPjpyZWZyZXNo"},
      "identity.example": {"auth": "dTo=", "identitytoken": "refresh"},
      "empty.example": {}}})");

  struct Row {
    std::string reference;
    std::string result;
  };

  const Row rows[] = {
      {"r.example/other", "u:p:"},
      {"r.example/team/app:1", "app:p:"},
      {"r.example/team/app/sub", "app:p:"},
      {"r.example/team/other", "team:p:"},
      {"r.example/teammate", "u:p:"},
      {"r.example:5000/team/app", "-"},
      {"debian", "hub:p:"},
      {"docker.io/team/app", "hub:p:"},
      {"index.docker.io/team/app", "hub:p:"},
      {"v2.example/a", "x:y:"},
      {"token.example/a", "::refresh"},
      {"identity.example/a", "u::refresh"},
      {"empty.example/a", "-"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reference);
    CHECK(home.find(row.reference) == row.result);
  }
}

TEST_CASE("files are asked in order, and $DOCKER_AUTH_CONFIG first") {
  Home home;
  write_file_atomically(home.path() + "/auth.json", R"({"auths":{"r.example":{"auth":"dTpw"}}})",
                        0600);
  CHECK(home.find("r.example/a") == "u:p:");
  home.write(R"({"auths":{"r.example":{"auth":"YXBwOnA="}}})");
  CHECK(home.find("r.example/a") == "app:p:");
  home.paths.inline_config = R"({"auths":{"r.example":{"auth":"aHViOnA="}}})";
  CHECK(home.find("r.example/a") == "hub:p:");
}

TEST_CASE("wrong files are passed over, and named; absent ones are fine") {
  Home home;
  CHECK(home.find("r.example/a") == "-");
  CHECK(home.faults.empty());
  write_file_atomically(home.path() + "/auth.json", R"({"auths":{"r.example":{"auth":"dTpw"}}})",
                        0600);
  for (const std::string text :
       {"{nonsense", R"({"auths":{"r.example":{"auth":"!!"}}})", "\x1b[31m\n", "[]"}) {
    home.write(text);
    CHECK(home.find("r.example/a") == "u:p:");
    CHECK(home.faults.starts_with(home.paths.config_file + ": "));
    CHECK(home.faults.find_first_of("\x1b\n") == std::string::npos);
  }
  home.write(R"({"auths":[], "credHelpers":7, "credsStore":{}})");
  CHECK(home.find("r.example/a") == "u:p:");
  CHECK(home.faults.empty());
  home.paths.inline_config = "{";
  CHECK(home.find("r.example/a") == "u:p:");
  CHECK(home.faults.starts_with("DOCKER_AUTH_CONFIG: not valid JSON"));
}

TEST_CASE("~/.dockercfg is read last") {
  Home home;
  home.paths.legacy_file = home.path() + "/.dockercfg";
  write_file_atomically(home.paths.legacy_file,
                        R"({"https://r.example/v1/":{"auth":"dTpw","email":"u@x"}})", 0600);
  CHECK(home.find("r.example/a") == "u:p:");
  home.write(R"({"auths":{"r.example":{"auth":"YXBwOnA="}}})");
  CHECK(home.find("r.example/a") == "app:p:");
}

TEST_CASE("the proxies of docker's file that are for every daemon") {
  Home home;
  using Proxies = std::map<std::string, std::string>;
  CHECK(configured_proxies(home.paths).empty());
  home.write(R"({"proxies":{"tcp://other:2375":{"httpProxy":"no"}}})");
  CHECK(configured_proxies(home.paths).empty());
  home.write(R"({"auths":{},"proxies":{"default":{"httpProxy":"http://p","httpsProxy":"http://q",
      "noProxy":".corp","ftpProxy":"","allProxy":"socks5://r","unknown":"x"}}})");
  CHECK(configured_proxies(home.paths) == Proxies{{"ALL_PROXY", "socks5://r"},
                                                  {"HTTPS_PROXY", "http://q"},
                                                  {"HTTP_PROXY", "http://p"},
                                                  {"NO_PROXY", ".corp"}});
  for (const std::string proxies :
       {"7", "[]", R"({"default":"x"})", R"({"default":{"httpProxy":1}})"}) {
    home.write(R"({"proxies":)" + proxies + "}");
    CHECK(configured_proxies(home.paths).empty());
  }
  home.write("{");
  CHECK_THROWS_WITH_AS(configured_proxies(home.paths),
                       doctest::Contains((home.paths.config_file + ": not valid JSON").c_str()),
                       Error);
}

TEST_CASE("where credentials are kept") {
  const std::map<std::string, std::string> settings = {{"HOME", "/h"},
                                                       {"XDG_RUNTIME_DIR", "/r"},
                                                       {"REGISTRY_AUTH_FILE", "/e/auth.json"},
                                                       {"XDG_CONFIG_HOME", "/c"},
                                                       {"DOCKER_CONFIG", "/d"}};
  const auto paths_with = [](const std::map<std::string, std::string>& variables) {
    return CredentialPaths::from_environment([&](const char* name) {
      const auto found = variables.find(name);
      return found != variables.end() ? found->second : std::string();
    });
  };
  using Files = std::vector<std::string>;
  CHECK(paths_with(settings).read_files == Files{"/d/config.json", "/e/auth.json",
                                                 "/r/containers/auth.json",
                                                 "/c/containers/auth.json"});
  CHECK(paths_with(settings).legacy_file == "/h/.dockercfg");
  const std::string user = std::to_string(::geteuid());
  CHECK(paths_with({{"HOME", "/h"}}).read_files == Files{"/h/.docker/config.json",
                                                         "/run/containers/" + user + "/auth.json",
                                                         "/h/.config/containers/auth.json"});
  CHECK(paths_with({}).read_files == Files{"/run/containers/" + user + "/auth.json"});
  CHECK(paths_with({}).config_file.empty());
}

TEST_CASE("helpers come before auths: credHelpers, then credsStore") {
  Home home;
  home.helper("one", R"(read server; echo "{\"Username\":\"one\",\"Secret\":\"$server\"}")");
  home.helper("store", R"(read server
      case $server in none*) echo "credentials not found in native keychain"; exit 1;; esac
      echo "{\"Username\":\"<token>\",\"Secret\":\"$server\"}")");
  home.write(R"({"credHelpers": {"r.example": "one", "docker.io": "one", "gone.example": "missing"},
      "credsStore": "store",
      "auths": {"r.example": {"auth": "dTpw"}, "none.example": {"auth": "dTpw"}}})");
  CHECK(home.find("r.example/a") == "one:r.example:");
  CHECK(home.find("debian") == "one:https://index.docker.io/v1/:");
  CHECK(home.find("other.example/a") == "::other.example");
  CHECK(home.find("none.example/a") == "u:p:");
  CHECK(home.find("gone.example/a") == "::gone.example");
  CHECK(home.faults == home.paths.config_file + ": docker-credential-missing is not installed");
}

TEST_CASE("helpers are programs by name, not paths or shell") {
  Home home;
  for (const std::string name : {"../../bin/sh", "a b", "a;b", "", "a/b", "$(x)"}) {
    CAPTURE(name);
    home.write(R"({"credHelpers":{"r.example":")" + name + R"("}})");
    CHECK(home.find("r.example/a") == "-");
    CHECK(home.faults.find("cannot be the name of a credential helper") != std::string::npos);
  }
}

TEST_CASE("a helper that does not do its work is named, and not waited for") {
  struct Row {
    std::string name;
    std::string script;
    std::string fault;
  };

  const Row rows[] = {
      {"broken", "echo boom >&2; exit 3", "docker-credential-broken failed for r.example: boom"},
      {"chatty", "yes | head -c 3000000", "docker-credential-chatty wrote more than"},
      {"odd", R"(printf '\033[31m%05000d' 0)", "docker-credential-odd: not valid JSON"},
      {"hung", "sleep 30", "docker-credential-hung did not end within"},
  };
  Home home;
  home.paths.helper_time = std::chrono::milliseconds(1500);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    home.helper(row.name, row.script);
    home.write(R"({"credsStore":")" + row.name + R"(","auths":{"r.example":{"auth":"dTpw"}}})");
    CHECK(home.find("r.example/a") == "u:p:");
    CAPTURE(home.faults);
    CHECK(home.faults.find(row.fault) != std::string::npos);
    CHECK(home.faults.size() < 500);
    CHECK(home.faults.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("store keeps the rest of the file, its mode is 0600, and erase undoes it") {
  Home home;
  store_credentials(home.paths, "r.example", {"u", "p", ""}, home.cancel);

  struct stat status {};

  REQUIRE(::stat(home.paths.config_file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat((home.path() + "/docker").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  CHECK(home.find("r.example/a") == "u:p:");

  home.write(R"({"HttpHeaders":{"b":1,"a":2},"auths":{"index.docker.io":{"auth":"eDp5"}}})");
  store_credentials(home.paths, "docker.io", {"hub", "p", ""}, home.cancel);
  const std::string text = read_file(home.paths.config_file);
  CHECK(text.find("\"b\": 1") < text.find("\"a\": 2"));
  CHECK(text.find("https://index.docker.io/v1/") != std::string::npos);
  CHECK(text.find("\"index.docker.io\"") == std::string::npos);
  CHECK(home.find("debian") == "hub:p:");

  CHECK(erase_credentials(home.paths, "docker.io", home.cancel));
  CHECK_FALSE(erase_credentials(home.paths, "docker.io", home.cancel));
  CHECK(home.find("debian") == "-");
  CHECK(read_file(home.paths.config_file).find("HttpHeaders") != std::string::npos);
}

TEST_CASE("store and erase go to the helper that the file names") {
  Home home;
  const std::string kept = home.path() + "/kept";
  home.helper("keep", "case $1 in store) cat >" + kept + ";; get) cat >/dev/null; cat " + kept +
                          ";; erase) rm " + kept + ";; esac");
  home.write(R"({"credsStore":"keep"})");
  store_credentials(home.paths, "r.example", {"u", "p", ""}, home.cancel);
  CHECK(read_file(kept) == R"({"ServerURL":"r.example","Username":"u","Secret":"p"})");
  CHECK(home.find("r.example/a") == "u:p:");
  CHECK(read_file(home.paths.config_file).find("dTpw") == std::string::npos);
  CHECK(erase_credentials(home.paths, "r.example", home.cancel));
  CHECK_FALSE(read_file_if_exists(kept));
}

}  // namespace cbuild::registry
