// WWW-Authenticate.
#include "src/registry/challenge.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

TEST_CASE("parse_challenges reads one or several challenges with any quoting") {
  struct Row {
    std::string header;
    std::vector<Challenge> result;
  };

  const Row rows[] = {
      {R"(Bearer realm="https://auth.example/token",service="r",scope="repository:a/b:pull,push")",
       {{"bearer",
         {{"realm", "https://auth.example/token"},
          {"service", "r"},
          {"scope", "repository:a/b:pull,push"}}}}},
      {R"(Basic realm="x", Bearer realm="y" , service = z)",
       {{"basic", {{"realm", "x"}}}, {"bearer", {{"realm", "y"}, {"service", "z"}}}}},
      {R"(Negotiate, Basic REALM="a \"b\" \\, c")",
       {{"negotiate", {}}, {"basic", {{"realm", R"(a "b" \, c)"}}}}},
      {"Negotiate dG9rZW4=, Basic realm=x", {{"negotiate", {}}, {"basic", {{"realm", "x"}}}}},
      {" , ,Basic realm=x,,", {{"basic", {{"realm", "x"}}}}},
      {R"(Basic realm="first",realm="second")", {{"basic", {{"realm", "first"}}}}},
      {"Basic", {{"basic", {}}}},
      {R"(Bearer realm="never closed)", {{"bearer", {}}}},
      {"", {}},
      {"=,=", {}},
      {"\x01\x02", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.header);
    CHECK(parse_challenges(row.header) == row.result);
  }
}

TEST_CASE("choose_challenge prefers Bearer, whichever header it is in") {
  CHECK(choose_challenge({"Basic realm=a", "Bearer realm=b"})->scheme == "bearer");
  CHECK(choose_challenge({"Bearer realm=b, Basic realm=a"})->scheme == "bearer");
  CHECK(choose_challenge({"Bearer service=b", "Basic realm=a"})->scheme == "basic");
  CHECK_FALSE(choose_challenge({"Negotiate"}));
  CHECK_FALSE(choose_challenge({}));
}

TEST_CASE("a parameter that is not there is empty, and names have no case") {
  const Challenge challenge = parse_challenges("Bearer Realm=a").front();
  CHECK(challenge.parameter("realm") == "a");
  CHECK(challenge.parameter("Realm").empty());  // they are asked for in lower case
  CHECK(challenge.parameter("scope").empty());
}

TEST_CASE("parse_challenges ends, whatever it is given") {
  const std::string parts[] = {"Bearer", " ", ",", "=", "\"", "\\", "a", "realm=\"", "\t", "\xff"};
  for (const std::string& a : parts) {
    for (const std::string& b : parts) {
      for (const std::string& c : parts) {
        for (const std::string& d : parts) {
          const std::string header = a + b + c + d;
          CAPTURE(header);
          CHECK(parse_challenges(header).size() <= header.size());
        }
      }
    }
  }
}

}  // namespace cbuild::registry
