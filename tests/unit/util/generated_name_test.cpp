// Names for what the user has not named.
#include "cbuild/util/generated_name.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace cbuild {
namespace {

bool is_word(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

TEST_CASE("a generated name is an adjective and a surname") {
  std::set<std::string> adjectives;
  std::set<std::string> surnames;
  for (std::uint64_t random = 0; random < 100'000; ++random) {
    const std::string name = generated_name(random, 0);
    const auto underscore = name.find('_');
    REQUIRE(underscore != std::string::npos);
    adjectives.insert(name.substr(0, underscore));
    surnames.insert(name.substr(underscore + 1));
  }
  CHECK(adjectives.size() >= 100);
  CHECK(surnames.size() >= 200);
  CHECK(std::ranges::all_of(adjectives, is_word));
  CHECK(std::ranges::all_of(surnames, is_word));
  for (const auto* words : {&adjectives, &surnames}) {
    for (const std::string& word : *words)
      CHECK(word.size() <= 16);  // a column of `ps` stays narrow
  }
}

TEST_CASE("no word is in its list twice: so many numbers, so many names") {
  std::set<std::string> names;
  std::uint64_t random = 0;
  while (names.insert(generated_name(random, 0)).second)
    ++random;
  // The first name that is repeated is the first one of all: every pair came once.
  CHECK(generated_name(random, 0) == generated_name(0, 0));
  CHECK(names.size() >= 20'000);
}

TEST_CASE("a generated name depends on its numbers only") {
  constexpr std::uint64_t kAny = 0x9E37'79B9'7F4A'7C15;
  CHECK(generated_name(kAny, 0) == generated_name(kAny, 0));
  CHECK(generated_name(0, 0) != generated_name(1, 0));
  CHECK_FALSE(generated_name(~std::uint64_t{0}, 3).empty());
}

TEST_CASE("from the second try on a digit is appended") {
  constexpr std::uint64_t kAny = 0x9E37'79B9'7F4A'7C15;
  const std::string first = generated_name(kAny, 0);
  for (const unsigned retry : {1U, 2U, 100U}) {
    const std::string later = generated_name(kAny, retry);
    REQUIRE(later.size() == first.size() + 1);
    CHECK(later.starts_with(first));
    CHECK((later.back() >= '0' && later.back() <= '9'));
  }
  std::set<char> digits;
  for (std::uint64_t random = 0; random < 10'000'000; random += 9'973)
    digits.insert(generated_name(random, 1).back());
  CHECK(digits.size() == 10);
}

}  // namespace
}  // namespace cbuild
