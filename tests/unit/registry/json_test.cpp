// What servers answer is read in the time that its size takes.
#include "src/registry/json.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>

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

}  // namespace cbuild::registry
