// Who we are to a registry, and where that is told.
#include "src/registry/client.h"

#include <doctest/doctest.h>

#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/cancel.h"
#include "tests/support/errors.h"
#include "tests/unit/registry/web_server.h"

namespace cbuild::registry {

namespace {

const Credentials kUser{"user", "secret", ""};

/// A client of one registry, as one user.
struct Connected {
  explicit Connected(std::function<WebAnswer(const WebRequest&)> answer)
      : server(std::move(answer)) {}

  Call call(const std::string& path) const {
    Call call;
    call.path = path;
    call.scope = "repository:a:pull";
    return call;
  }

  int get(const std::string& path) { return client.send(*access, call(path)).status(); }

  WebServer server;
  CancelToken cancel;
  Client client{quick_options(), cancel};
  std::shared_ptr<Access> access = client.access_as(server.host(), kUser);
};

std::string login_error(const std::function<WebAnswer(const WebRequest&)>& answer) {
  const WebServer server(answer);
  CancelToken cancel;
  Registry registry(quick_options(), cancel);
  std::string error = error_of([&] { registry.check_login(server.host(), kUser); });
  const auto host = error.find(server.host());
  if (host != std::string::npos) error.replace(host, server.host().size(), "HOST");
  return error;
}

}  // namespace

TEST_CASE("nobody is told who we are before he asks") {
  Connected connected([](const WebRequest& request) {
    if (request.header("authorization").empty())
      return WebAnswer{.status = 401, .headers = {"WWW-Authenticate: Basic realm=x"}};
    return WebAnswer{};
  });
  CHECK(connected.get("/v2/") == 200);
  CHECK(connected.get("/v2/") == 200);
  const auto requests = connected.server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].header("authorization").empty());
  CHECK(requests[1].header("authorization") == "Basic " + base64_encode("user:secret"));
  CHECK(requests[2].header("authorization") == requests[1].header("authorization"));
}

TEST_CASE("a token is fetched where the challenge says, and used for what it is for") {
  std::string realm;
  Connected connected([&](const WebRequest& request) {
    if (request.target.starts_with("/token")) return WebAnswer{.body = R"({"token":"t"})"};
    if (request.header("authorization") == "Bearer t") return WebAnswer{};
    return WebAnswer{.status = 401,
                     .headers = {"WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"s\""}};
  });
  realm = connected.server.url("/token");
  CHECK(connected.get("/v2/a") == 200);
  CHECK(connected.get("/v2/b") == 200);
  CHECK(connected.server.lines() ==
        std::vector<std::string>{"GET /v2/a",
                                 "GET /token?service=s&scope=repository%3Aa%3Apull&account=user",
                                 "GET /v2/a", "GET /v2/b"});
}

TEST_CASE("a registry that refuses every token is believed at last") {
  std::string realm;
  int tokens = 0;
  Connected connected([&](const WebRequest& request) {
    if (request.target.starts_with("/token"))
      return WebAnswer{.body = fmt::format(R"({{"token":"t{}"}})", ++tokens)};
    return WebAnswer{.status = 401, .headers = {"WWW-Authenticate: Bearer realm=" + realm}};
  });
  realm = "\"" + connected.server.url("/token") + "\"";
  CHECK(connected.get("/v2/a") == 401);
  CHECK(tokens == 3);
}

TEST_CASE("who we are goes nowhere else, though the registry sends us there") {
  const WebServer tokens([](const WebRequest&) { return WebAnswer{.body = R"({"token":"t"})"}; });
  const WebServer elsewhere([&](const WebRequest&) {
    return WebAnswer{.status = 401,
                     .headers = {"WWW-Authenticate: Bearer realm=\"" + tokens.url("/") + "\""}};
  });
  Connected connected([&](const WebRequest& request) {
    if (request.header("authorization").empty())
      return WebAnswer{.status = 401, .headers = {"WWW-Authenticate: Basic realm=x"}};
    return WebAnswer{.status = 307, .headers = {"Location: " + elsewhere.url("/blob")}};
  });
  CHECK(connected.get("/v2/blob") == 401);
  CHECK(tokens.requests().empty());  // the challenge is not for us to meet
  REQUIRE(elsewhere.requests().size() == 1);
  CHECK(elsewhere.requests()[0].header("authorization").empty());
}

TEST_CASE("a place of another origin for an upload is not told who we are") {
  const WebServer elsewhere([](const WebRequest&) { return WebAnswer{.status = 201}; });
  Connected connected([](const WebRequest& request) {
    if (request.header("authorization").empty())
      return WebAnswer{.status = 401, .headers = {"WWW-Authenticate: Basic realm=x"}};
    return WebAnswer{};
  });
  connected.get("/v2/");
  Call call = connected.call("");
  call.method = "PUT";
  call.body = "bytes";
  call.url = Url::try_parse(elsewhere.url("/upload"));
  CHECK(connected.client.send(*connected.access, call).status() == 201);
  CHECK(elsewhere.requests().at(0).header("authorization").empty());
  call.url = Url::try_parse(connected.server.url("/upload"));
  connected.client.send(*connected.access, call);
  CHECK_FALSE(connected.server.requests().back().header("authorization").empty());
}

TEST_CASE("a redirect of a request with a body is an answer, and not followed") {
  Connected connected(
      [](const WebRequest&) { return WebAnswer{.status = 307, .headers = {"Location: /other"}}; });
  Call call = connected.call("/v2/");
  call.method = "POST";
  CHECK(connected.client.send(*connected.access, call).status() == 307);
  CHECK(connected.server.requests().size() == 1);
}

TEST_CASE("a call that is not to be repeated is made once") {
  Connected connected([](const WebRequest&) { return WebAnswer{.status = 503}; });
  Call call = connected.call("/v2/");
  call.repeat = false;
  CHECK(connected.client.send(*connected.access, call).status() == 503);
  CHECK(connected.server.requests().size() == 1);
  call.repeat = true;
  CHECK(holds(error_of([&] { connected.client.send(*connected.access, call); }),
              "given up after 5 tries: GET "));
  CHECK(connected.server.requests().size() == 6);
}

TEST_CASE("a document has a limit, and 404 is none") {
  Connected connected([](const WebRequest& request) {
    if (request.target == "/none") return WebAnswer{.status = 404};
    return WebAnswer{.body = "12345"};
  });
  CHECK_FALSE(connected.client.fetch(*connected.access, connected.call("/none"), 10));
  CHECK(connected.client.fetch(*connected.access, connected.call("/"), 5)->body == "12345");
  CHECK(holds(error_of([&] { connected.client.fetch(*connected.access, connected.call("/"), 4); }),
              "larger than 4 bytes"));
}

TEST_CASE("one repository has one access, with or without a tag") {
  CancelToken cancel;
  Client client(quick_options(), cancel);
  const auto one = client.access(oci::Reference::parse("r.example/a:1"));
  CHECK(client.access(oci::Reference::parse("r.example/a:2")) == one);
  CHECK(client.access(oci::Reference::parse("r.example/b:1")) != one);
  CHECK(client.access(oci::Reference::parse("other.example/a:1")) != one);
}

TEST_CASE("a login says what the registry thinks of it") {
  const auto basic = [](int accepted) {
    return [=](const WebRequest& request) {
      if (request.header("authorization").empty())
        return WebAnswer{.status = 401, .headers = {"WWW-Authenticate: Basic realm=x"}};
      return WebAnswer{.status = accepted};
    };
  };
  CHECK(login_error(basic(200)).empty());
  CHECK(login_error(basic(401)) == "HOST does not accept this user name and password");
  CHECK(login_error(basic(404)).starts_with("HOST is not a registry: "));
  CHECK(login_error(basic(403)).ends_with(": 403 Forbidden"));
  // A registry that is open to all accepts any.
  CHECK(login_error([](const WebRequest&) { return WebAnswer{}; }).empty());
}

}  // namespace cbuild::registry
