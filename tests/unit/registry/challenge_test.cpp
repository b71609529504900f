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

}  // namespace cbuild::registry
