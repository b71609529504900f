// Realms, scopes, and how tokens are asked for and kept.
#include "src/registry/auth.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/registry/realm.h"
#include "src/registry/scope.h"
#include "tests/support/errors.h"

namespace cbuild::registry {

namespace {

const Url kRegistry = *Url::try_parse("https://r.example/");
const std::string kPull = "repository:a:pull";
const std::string kPush = "repository:a:pull,push";
const std::string kOther = "repository:b:pull";
const std::string kAny;
const std::vector<std::string> kBearer = {R"(Bearer realm="https://auth.example/t",service="s")"};

/// A token server in memory.
struct Server {
  std::vector<TokenRequest> requests;
  TokenReply reply{200, R"({"access_token":"t1","expires_in":300})"};

  Authenticator authenticator(std::optional<Credentials> credentials) {
    return {"r.example",
            {},
            [credentials] {
              return FoundCredentials{credentials, {}};
            },
            [this](const TokenRequest& request) {
              requests.push_back(request);
              return reply;
            }};
  }
};

}  // namespace

TEST_CASE("check_realm refuses what would make us call where the registry could not") {
  struct Row {
    std::string registry;
    std::string realm;
    bool ok;
  };

  const Row rows[] = {
      {"https://r.example/", "https://auth.example/token?x=1", true},
      {"https://r.example/", "http://auth.example/token", false},
      {"https://r.example/", "file:///etc/passwd", false},
      {"https://r.example/", "ftp://auth.example/", false},
      {"https://r.example/", "/token", false},
      {"https://r.example/", "https://u:p@auth.example/", false},
      {"https://r.example/", "https://127.0.0.1/token", false},
      {"https://r.example/", "https://localhost/token", false},
      {"https://r.example/", "https://169.254.169.254/latest", false},
      {"https://r.example/", "https://0xa9fea9fe/latest", false},
      {"https://r.example/", "https://[::ffff:10.0.0.1]/", false},
      {"https://r.example/", "https://10.0.0.1/", false},
      {"https://r.example/", "https://10.0.0.9/", true},  // trusted below
      {"https://10.0.0.1:5000/", "https://10.0.0.1/token", true},
      {"https://10.0.0.1:5000/", "https://10.0.0.2/token", false},
      {"http://127.0.0.1:5000/", "http://127.0.0.1:5001/token", true},
      {"http://127.0.0.1:5000/", "http://10.0.0.1/token", true},
      {"http://127.0.0.1:5000/", "https://auth.example/token", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.registry);
    CAPTURE(row.realm);
    bool ok = true;
    try {
      check_realm(row.realm, *Url::try_parse(row.registry), {"10.0.0.9"});
    } catch (const Error& error) {
      ok = false;
      CHECK(error.kind() == ErrorKind::network);
    }
    CHECK(ok == row.ok);
  }
}

TEST_CASE("a token is visible ASCII") {
  CHECK(is_safe_token("eyJ.a-b_c~+/="));
  for (const std::string text : {"", "a b", "a\r\nX: y", "a\n", "\x7f", "\xC3\xA4"})
    CHECK_FALSE(is_safe_token(text));
}

TEST_CASE("merge_scopes adds what the challenge wants beyond ours") {
  using Scopes = std::vector<std::string>;
  CHECK(merge_scopes("repository:a:pull,push", "repository:a:pull") ==
        Scopes{"repository:a:pull,push"});
  CHECK(merge_scopes("repository:a:pull", "repository:b:pull") ==
        Scopes{"repository:a:pull", "repository:b:pull"});
  CHECK(merge_scopes("", "registry:catalog:*") == Scopes{"registry:catalog:*"});
  CHECK(merge_scopes("", "").empty());
}

TEST_CASE("without a challenge nothing is sent and no credentials are looked up") {
  Authenticator auth(
      "r", {}, []() -> FoundCredentials { throw Error("looked up"); },
      [](const TokenRequest&) -> TokenReply { throw Error("asked"); });
  CHECK_FALSE(auth.header({kRegistry, kPull, {}}));
  CHECK_FALSE(auth.challenged({"Negotiate"}, {kRegistry, kAny, {}}, {std::nullopt}));
}

TEST_CASE("Basic is answered once") {
  Server server;
  auto auth = server.authenticator(Credentials{"u", "p", ""});
  CHECK(auth.challenged({"Basic realm=x"}, {kRegistry, kAny, {}}, {std::nullopt}));
  CHECK(auth.header({kRegistry, kAny, {}}) == "Basic dTpw");
  CHECK_FALSE(auth.challenged({"Basic realm=x"}, {kRegistry, kAny, {}}, {"Basic dTpw"}));
  auto anonymous = server.authenticator(std::nullopt);
  CHECK_FALSE(anonymous.challenged({"Basic realm=x"}, {kRegistry, kAny, {}}, {std::nullopt}));
  CHECK(server.requests.empty());
}

TEST_CASE("a token is fetched with the password, kept, and serves narrower scopes") {
  Server server;
  auto auth = server.authenticator(Credentials{"u", "p", ""});
  CHECK(auth.challenged(kBearer, {kRegistry, kPush, {}}, {std::nullopt}));
  REQUIRE(server.requests.size() == 1);
  CHECK(server.requests[0].url.to_string() ==
        "https://auth.example/t?service=s&scope=repository%3Aa%3Apull%2Cpush&account=u");
  CHECK(server.requests[0].authorization == "Basic dTpw");
  CHECK(auth.header({kRegistry, kPush, {}}) == "Bearer t1");
  CHECK(auth.header({kRegistry, kPull, {}}) == "Bearer t1");
  CHECK(server.requests.size() == 1);
  CHECK(auth.header({kRegistry, kOther, {}}) == "Bearer t1");
  CHECK(server.requests.size() == 2);
}

TEST_CASE("a rejected token is fetched anew; the same one again is no use") {
  Server server;
  auto auth = server.authenticator(std::nullopt);
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {std::nullopt}));
  CHECK_FALSE(server.requests[0].authorization);
  CHECK_FALSE(auth.challenged(kBearer, {kRegistry, kPull, {}}, {"Bearer t1"}));
  server.reply.body = R"({"token":"t2"})";
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {"Bearer t1"}));
  CHECK(auth.header({kRegistry, kPull, {}}) == "Bearer t2");
  CHECK(server.requests.size() == 3);
}

TEST_CASE("a request that is refused again gets a token of its own") {
  Server server;
  auto auth = server.authenticator(std::nullopt);
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {}) == "Bearer t1");
  server.reply.body = R"({"token":"t2"})";
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {"Bearer t1"}) == "Bearer t2");
  server.reply.body = R"({"token":"t3"})";
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {"Bearer t2", 1}) == "Bearer t3");
  server.reply.body = R"({"token":"t4"})";
  CHECK(auth.header({kRegistry, kPull, {}}) == "Bearer t4");
}

TEST_CASE("an identity token is posted as a refresh token") {
  Server server;
  auto auth = server.authenticator(Credentials{"", "", "re/fresh"});
  CHECK(auth.challenged(kBearer, {kRegistry, kPull, {}}, {std::nullopt}));
  CHECK(server.requests[0].form ==
        "grant_type=refresh_token&refresh_token=re%2Ffresh&client_id=cbuild&service=s&"
        "scope=repository%3Aa%3Apull");
  CHECK_FALSE(server.requests[0].authorization);
}

TEST_CASE("a refusal says which credentials could not be had") {
  Authenticator auth(
      "r.example", {},
      [] {
        return FoundCredentials{std::nullopt, {"/c.json: docker-credential-x is not installed"}};
      },
      [](const TokenRequest&) {
        return TokenReply{401, ""};
      });
  CHECK(auth.faults().empty());
  CHECK_THROWS_WITH(auth.challenged(kBearer, {kRegistry, kPull, {}}, {}),
                    "token for r.example from https://auth.example/t: 401 (credentials: /c.json: "
                    "docker-credential-x is not installed)");
  CHECK(auth.faults() == " (credentials: /c.json: docker-credential-x is not installed)");
}

TEST_CASE("refusals and bad answers of a token server are errors without secrets") {
  Server server;
  const auto message = [&] {
    auto auth = server.authenticator(Credentials{"u", "secret", ""});
    try {
      auth.challenged(kBearer, {kRegistry, kPull, {}}, {std::nullopt});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  server.reply = {401, R"({"details":"incorrect \u001b[31m password"})"};
  CHECK(message() ==
        "token for r.example from https://auth.example/t: 401: incorrect \\x1b[31m password");
  server.reply = {200, "{}"};
  CHECK(message().find("contains no token") != std::string::npos);
  server.reply = {200, R"({"token":"a\r\nX-Injected: 1"})"};
  CHECK(message().find("not allowed in a token") != std::string::npos);
  server.reply = {200, std::string(100000, '[')};
  CHECK(message().find("JSON") != std::string::npos);
}

TEST_CASE("a token is used until ten seconds before its end") {
  struct Row {
    std::string expires;
    std::size_t requests;
  };

  const Row rows[] = {
      {"", 1},                     // a minute, if nothing is said
      {R"(,"expires_in":11)", 1},  // for one second
      {R"(,"expires_in":1000000000)", 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expires);
    Server server;
    server.reply.body = R"({"token":"t")" + row.expires + "}";
    auto auth = server.authenticator(std::nullopt);
    auth.challenged(kBearer, {kRegistry, kPull, {}}, {});
    CHECK(auth.header({kRegistry, kPull, {}}) == "Bearer t");
    CHECK(server.requests.size() == row.requests);
  }
  // One that lives for eleven seconds is used for one, and so is one that does not live at all.
  Server servers[2];
  servers[0].reply.body = R"({"token":"t","expires_in":11})";
  servers[1].reply.body = R"({"token":"t","expires_in":0})";
  auto first = servers[0].authenticator(std::nullopt);
  auto second = servers[1].authenticator(std::nullopt);
  for (Authenticator* auth : {&first, &second})
    auth->challenged(kBearer, {kRegistry, kPull, {}}, {});
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  for (Authenticator* auth : {&first, &second})
    auth->header({kRegistry, kPull, {}});
  CHECK(servers[0].requests.size() == 2);
  CHECK(servers[1].requests.size() == 2);
}

TEST_CASE("a server that knows only the other way is asked in that way, once") {
  struct Row {
    Credentials credentials;
    std::vector<int> statuses;
    std::string methods;  // of the requests made
  };

  const Credentials password{"u", "p", ""};
  const Credentials both{"u", "p", "t"};
  const Row rows[] = {
      {password, {200}, "GET"},
      {password, {404, 200}, "GET POST"},
      {password, {405, 404}, "GET POST"},
      {password, {401}, "GET"},
      {password, {500}, "GET"},
      {both, {200}, "POST"},
      {both, {404, 200}, "POST GET"},
      {both, {400, 401}, "POST GET"},
      {both, {500}, "POST"},
      {{"", "", "t"}, {404}, "POST"},
      {{}, {404}, "GET"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.methods);
    std::vector<std::string> methods;
    Authenticator auth(
        "r", {},
        [&] {
          return FoundCredentials{row.credentials, {}};
        },
        [&](const TokenRequest& request) {
          methods.push_back(request.form ? "POST" : "GET");
          return TokenReply{row.statuses.at(methods.size() - 1), R"({"token":"t"})"};
        });
    error_of([&] { auth.challenged(kBearer, {kRegistry, kPull, {}}, {}); });
    CHECK(join(methods, " ") == row.methods);
  }
}

TEST_CASE("a password that is posted is encoded") {
  std::string form;
  Authenticator auth(
      "r", {},
      [] {
        return FoundCredentials{Credentials{"u&v", "p=w+ ", ""}, {}};
      },
      [&](const TokenRequest& request) {
        form = request.form.value_or("");
        return TokenReply{request.form ? 200 : 404, R"({"token":"t"})"};
      });
  auth.challenged(kBearer, {kRegistry, kPull, {}}, {});
  CHECK(form ==
        "grant_type=password&username=u%26v&password=p%3Dw%2B%20&client_id=cbuild&service=s&"
        "scope=repository%3Aa%3Apull");
}

TEST_CASE("tokens of one token server are not for another") {
  Server server;
  auto auth = server.authenticator(std::nullopt);
  auth.challenged(kBearer, {kRegistry, kPull, {}}, {});
  server.reply.body = R"({"token":"t2"})";
  CHECK(auth.challenged({R"(Bearer realm="https://other.example/t",service="s")"},
                        {kRegistry, kOther, {}}, {}) == "Bearer t2");
  CHECK(server.requests.back().url.host == "other.example");
  auth.header({kRegistry, kPull, {}});
  CHECK(server.requests.size() == 3);
}

TEST_CASE("a token is not for a wider scope, nor for another repository of similar name") {
  Server server;
  auto auth = server.authenticator(std::nullopt);
  auth.challenged(kBearer, {kRegistry, kPull, {}}, {});
  auth.header({kRegistry, kPush, {}});
  CHECK(server.requests.size() == 2);
  auth.header({kRegistry, "repository:a/b:pull", {}});
  CHECK(server.requests.size() == 3);
  auth.header({kRegistry, kAny, {}});
  CHECK(server.requests.size() == 4);
}

TEST_CASE("what the challenge wants beyond our scope is asked for, too") {
  Server server;
  auto auth = server.authenticator(std::nullopt);
  auth.challenged(
      {R"(Bearer realm="https://auth.example/t",scope="repository:a:pull repository:c:pull")"},
      {kRegistry, kPull, {}}, {});
  CHECK(server.requests[0].url.target ==
        "/t?scope=repository%3Aa%3Apull&scope=repository%3Ac%3Apull");
}

TEST_CASE("only a refusal has \"login\" as its hint") {
  for (const int status : {400, 401, 403, 429, 500}) {
    CAPTURE(status);
    Server server;
    server.reply = {status, "no JSON"};
    auto auth = server.authenticator(std::nullopt);
    try {
      auth.challenged(kBearer, {kRegistry, kPull, {}}, {});
      FAIL("it was accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::network);
      CHECK(error.what() ==
            fmt::format("token for r.example from https://auth.example/t: {}", status));
      CHECK(error.hint() == (status < 404 ? "run \"cbuild login r.example\"" : ""));
    }
  }
}

TEST_CASE("scopes are for one repository and its actions") {
  CHECK(repository_scope("team/app", "pull,push") == "repository:team/app:pull,push");
  using Scopes = std::vector<std::string>;
  CHECK(merge_scopes("repository:a:pull", "repository:a:pull,push") ==
        Scopes{"repository:a:pull", "repository:a:pull,push"});
  CHECK(merge_scopes("repository:a:push,pull", "repository:a:pull,push") ==
        Scopes{"repository:a:push,pull"});
  CHECK(merge_scopes("repository:a:pull", "  repository:a:pull  ") == Scopes{"repository:a:pull"});
  CHECK(merge_scopes("repository:h:5000/a:pull", "repository:h:5000/b:pull").size() == 2);
}

}  // namespace cbuild::registry
