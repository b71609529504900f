// What servers answer is read in the time that its size takes.
#include "src/registry/json.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>

#include "cbuild/registry/credentials.h"
#include "cbuild/util/error.h"

namespace cbuild::registry {

namespace {

std::string repeated(std::string_view part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += part;
  return text;
}

}  // namespace

TEST_CASE("an answer of a megabyte takes no quadratic time") {
  std::string members;
  for (int i = 0; i < 100'000; ++i)
    members += fmt::format("\"{}\":0,", i);
  const std::string answer =
      "{" + members + "\"token\":\"t\",\"x\":[" + repeated("{},", 300'000) + "{}]}";
  const auto begun = std::chrono::steady_clock::now();
  CHECK(parse_token_answer(answer).token == "t");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

TEST_CASE("an answer is not nested without end, and brackets in texts nest nothing") {
  CHECK_THROWS_WITH_AS(parse_token_answer("{\"a\":" + repeated("[", 100'000)),
                       "JSON nested more than 64 deep", Error);
  CHECK(parse_token_answer("{\"token\":\"\\\"" + repeated("[", 1000) + "\"}").token.size() == 1001);
  CHECK(parse_token_answer("{\"x\":" + repeated("[", 63) + repeated("]", 63) + ",\"token\":\"t\"}")
            .token == "t");
}

TEST_CASE("a token is under either name, and lives as long as a number says") {
  struct Row {
    std::string json;
    std::string token;
    std::optional<std::uint64_t> expires;
  };

  const Row rows[] = {
      {R"({"token":"a"})", "a", std::nullopt},
      {R"({"access_token":"b","expires_in":300})", "b", 300},
      {R"({"token":"a","access_token":"b"})", "a", std::nullopt},
      {R"({"token":"","access_token":"b"})", "b", std::nullopt},
      {R"({"token":7,"access_token":"b"})", "b", std::nullopt},
      {R"({"token":"a","expires_in":"300"})", "a", std::nullopt},
      {R"({"token":"a","expires_in":-1})", "a", 0},
      {R"({"token":"a","expires_in":1.9})", "a", 1},
      {R"({"token":"a","expires_in":1e300})", "a", 1'000'000'000},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const TokenAnswer answer = parse_token_answer(row.json);
    CHECK(answer.token == row.token);
    CHECK(answer.expires_in == row.expires);
  }
  for (const std::string json : {"", "[]", "null", "\"t\"", "{", "{\"token\":null}", "{}\x01"}) {
    CAPTURE(json);
    CHECK_THROWS_AS(parse_token_answer(json), Error);
  }
}

TEST_CASE("errors of a registry become one line, in which nothing is said twice") {
  struct Row {
    std::string json;
    std::string line;
  };

  const Row rows[] = {
      {R"({"errors":[{"code":"DENIED","message":"no"}]})", "DENIED: no"},
      {R"({"errors":[{"code":"A"},{"message":"b"},{},{"detail":"c"}]})", "A; b; c"},
      {R"({"errors":[{"code":"A","message":"b","detail":"c"}]})", "A: b: c"},
      {R"({"errors":[{"code":"A","message":"say A","detail":"A"}]})", "A: say A"},
      {R"({"errors":[{"code":"A","detail":{"x":1}}]})", "A"},
      {R"({"errors":[7,null,[]]})", ""},
      {R"({"errors":{},"message":"m"})", "m"},
      {R"({"errors":[],"error":"e","error_description":"d"})", "d"},
      {R"({"details":"incorrect password"})", "incorrect password"},
      {R"({"error":{"code":1}})", ""},
      {"<html>", ""},
      {"[]", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(parse_error_answer(row.json) == row.line);
  }
}

TEST_CASE("a member is a text or nothing") {
  CHECK(string_member(R"({"a":"b"})", "a") == "b");
  CHECK(string_member(R"({"a":""})", "a") == "");
  for (const std::string json : {R"({"a":1})", R"({"b":"a"})", R"([{"a":"b"}])", "a", ""}) {
    CAPTURE(json);
    CHECK_FALSE(string_member(json, "a"));
  }
}

TEST_CASE("members of the wrong type in a file of credentials are as good as missing") {
  const AuthFile empty =
      AuthFile::parse(R"({"auths":[],"credHelpers":"x","credsStore":7,"proxies":{"default":"p"}})");
  CHECK(empty.auths.empty());
  CHECK(empty.helpers.empty());
  CHECK(empty.store.empty());
  CHECK(empty.proxies.empty());
  const AuthFile file = AuthFile::parse(
      R"({"auths":{"a":7,"b":{"auth":[],"username":"u"}},"credHelpers":{"c":1,"d":"h"}})");
  REQUIRE(file.auths.size() == 2);
  CHECK(file.auths[0].key == "a");
  CHECK(file.auths[0].user.empty());
  CHECK(file.auths[1].auth.empty());
  CHECK(file.auths[1].user == "u");
  REQUIRE(file.helpers.size() == 1);
  CHECK(file.helpers[0].key == "d");
  for (const std::string json : {"", "[]", "auths", "{\"auths\":"}) {
    CAPTURE(json);
    CHECK_THROWS_AS(AuthFile::parse(json), Error);
    CHECK_THROWS_AS(AuthFile::parse_legacy(json), Error);
  }
  CHECK(AuthFile::parse_legacy(R"({"r":{"auth":"x"}})").auths.front().auth == "x");
}

TEST_CASE("an entry is set, and the rest of the file stays, in its order") {
  const std::string file = R"({"z":1,"auths":{"old":{"auth":"o"},"x":{"auth":"x"}},"a":[2]})";
  CHECK(with_auth_entry(file, {"r", "auth", "", "", "token"}, {"old", "absent"}) ==
        R"({
  "z": 1,
  "auths": {
    "x": {
      "auth": "x"
    },
    "r": {
      "auth": "auth",
      "identitytoken": "token"
    }
  },
  "a": [
    2
  ]
}
)");
  CHECK(with_auth_entry("", {"r", "", "", "", ""}, {}) ==
        "{\n  \"auths\": {\n    \"r\": {}\n  }\n}\n");
  CHECK(with_auth_entry(R"({"auths":7})", {"r", "", "", "", ""}, {}) ==
        "{\n  \"auths\": {\n    \"r\": {}\n  }\n}\n");
  CHECK(without_auth_entries(R"({"auths":{"a":{},"b":{}}})", {"a", "c"}) ==
        "{\n  \"auths\": {\n    \"b\": {}\n  }\n}\n");
  CHECK_THROWS_AS(with_auth_entry("no JSON", {"r", "", "", "", ""}, {}), Error);
}

TEST_CASE("helpers are told and tell of tokens under the user <token>") {
  CHECK(helper_document("r", {"u", "p\"", ""}) ==
        R"({"ServerURL":"r","Username":"u","Secret":"p\""})");
  CHECK(helper_document("r", {"u", "p", "t"}) ==
        R"({"ServerURL":"r","Username":"<token>","Secret":"t"})");
  const Credentials password = parse_helper_answer(R"({"Username":"u","Secret":"p"})");
  CHECK(password.user == "u");
  CHECK(password.password == "p");
  CHECK(password.identity_token.empty());
  const Credentials token = parse_helper_answer(R"({"Username":"<token>","Secret":"t"})");
  CHECK(token.user.empty());
  CHECK(token.password.empty());
  CHECK(token.identity_token == "t");
  CHECK_THROWS_AS(parse_helper_answer("no credentials"), Error);
}

TEST_CASE("what is no UTF-8 in a file of credentials is an error, not a crash") {
  CHECK_THROWS_AS(AuthFile::parse("{\"auths\":{\"\xff\":{}}}"), Error);
  CHECK(helper_document("\xff", {}).find("\xEF\xBF\xBD") != std::string::npos);
}

}  // namespace cbuild::registry
