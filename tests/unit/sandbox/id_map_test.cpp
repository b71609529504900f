// Rules of id maps: whose ranges count, and what is mapped to what.
#include "src/sandbox/id_map.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::sandbox {

using Ranges = std::vector<IdRange>;

TEST_CASE(
    "parse_subids takes the lines of a user by name or number and puts them one after another") {
  struct Row {
    std::string content;
    Ranges ranges;
  };

  const Row rows[] = {
      {"", {}},
      {"ann:100000:65536\n", {{1, 100000, 65536}}},
      {"1000:100000:65536", {{1, 100000, 65536}}},
      {"bob:100000:65536\n10001:5:5\nanna:1:1\n", {}},
      {"ann:100000:10\nbob:1:1\n1000:200000:5\n", {{1, 100000, 10}, {11, 200000, 5}}},
      {"# ann:1:1\n\n  ann:7:3  \n", {{1, 7, 3}}},
      {"ann:100000\nann:x:5\nann:5:-1\nann:5:0\nann:1:2:3\n", {}},
      {"ann:4294967290:100\n", {{1, 4294967290, 5}}},  // -1 is no id
      {"ann:4294967295:1\nann:99999999999999999999:1\n", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    CHECK(parse_subids(row.content, "ann", 1000) == row.ranges);
  }
}

TEST_CASE("map_of_user maps 0 to the user and never maps an id twice") {
  CHECK(map_of_user(1000, {}) == Ranges{{0, 1000, 1}});
  CHECK(map_of_user(1000, {{1, 100000, 65536}}) == Ranges{{0, 1000, 1}, {1, 100000, 65536}});
  CHECK(map_of_user(5, {{1, 3, 6}}) == Ranges{{0, 5, 1}, {1, 3, 2}, {3, 6, 3}});
  CHECK(map_of_user(3, {{1, 3, 2}}) == Ranges{{0, 3, 1}, {1, 4, 1}});
}

TEST_CASE("identity_map keeps every id that exists, and no other") {
  const auto current =
      parse_id_map("         0       1000          1\n         1     100000      65536\n");
  CHECK(current == Ranges{{0, 1000, 1}, {1, 100000, 65536}});
  CHECK(to_text(identity_map(current)) == "0 0 1\n1 1 65536\n");
  CHECK(to_text(identity_map(parse_id_map("0 0 4294967295\n"))) == "0 0 4294967295\n");
}

TEST_CASE("parse_id_map refuses what is no map") {
  for (const char* content : {"0 0", "a b c", "0 0 0 0", "0 0 4294967296"}) {
    CAPTURE(content);
    CHECK_THROWS_AS(parse_id_map(content), Error);
  }
}

TEST_CASE("maps and inside_of tell which ids there are") {
  const std::vector<IdRange> map = {{0, 1000, 1}, {1, 100000, 65536}, {70000, 5, 1}};
  for (const std::uint32_t id : {0U, 1U, 65536U, 70000U})
    CHECK(maps(map, id));
  for (const std::uint32_t id : {65537U, 69999U, 70001U, 4294967295U})
    CHECK(!maps(map, id));
  CHECK(inside_of(map) == "0-65536, 70000");
  const std::vector<IdRange> all = {{0, 0, 4294967295U}};
  CHECK(maps(all, 4294967294U));
  CHECK(!maps(all, 4294967295U));
  CHECK(inside_of(all) == "0-4294967294");
  CHECK(inside_of({}).empty());
}

TEST_CASE("has_one_id tells a map of the process alone from others") {
  CHECK(has_one_id({{0, 1000, 1}}));
  CHECK(!has_one_id({{0, 1000, 2}}));
  CHECK(!has_one_id({{0, 1000, 1}, {1, 100000, 1}}));
  CHECK(!has_one_id({}));
}

}  // namespace cbuild::sandbox
