#include "cbuild/graph/environment.h"

#include <doctest/doctest.h>

namespace cbuild::graph {

namespace {

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < count; ++i)
    entries.push_back("K" + std::to_string(i) + "=v");
  return entries;
}

}  // namespace

TEST_CASE("an environment holds its entries in order, whatever their number") {
  constexpr std::size_t kBlock = EnvironmentBlock::kSize;
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1,
                                  3 * kBlock, 3 * kBlock + 5}) {
    CAPTURE(count);
    CHECK(Environment(numbered(count)).entries() == numbered(count));
  }
}

TEST_CASE("the key of an environment is made of its entries alone") {
  constexpr std::size_t kBlock = EnvironmentBlock::kSize;
  const std::vector<std::string> entries = numbered(kBlock + 2);
  Environment::Blocks blocks;
  blocks.push_back(std::make_shared<const EnvironmentBlock>(
      std::vector<std::string>(entries.begin(), entries.begin() + kBlock)));
  blocks.push_back(std::make_shared<const EnvironmentBlock>(
      std::vector<std::string>(entries.begin() + kBlock, entries.end())));
  CHECK(Environment(blocks).key() == Environment(entries).key());

  std::vector<std::string> other = entries;
  other.back() = "K=w";
  CHECK(Environment(other).key() != Environment(entries).key());
  other = entries;
  std::swap(other.front(), other.back());
  CHECK(Environment(other).key() != Environment(entries).key());
  other = entries;
  other.pop_back();
  CHECK(Environment(other).key() != Environment(entries).key());
  CHECK(Environment({"A=1", "B=2"}).key() != Environment({"A=1B=2"}).key());
  CHECK(Environment().key() != Environment({""}).key());
}

}  // namespace cbuild::graph
