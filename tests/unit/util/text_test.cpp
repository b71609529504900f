#include "cbuild/util/text.h"

#include <doctest/doctest.h>

using namespace cbuild;

TEST_CASE("printable shows what a terminal would obey") {
  struct Row {
    std::string text;
    std::string shown;
  };

  const Row rows[] = {
      {"plain text\twith tab", "plain text\twith tab"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"\xFF", "\\xff"},
      {"\xC2\x9B"
       "31m",
       "\\u{009b}31m"},
      {"a\xE2\x80\xAE"
       "b",
       "a\\u{202e}b"},
      {"\xC0\xAF", "\\xc0\\xaf"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.shown);
    CHECK(printable(row.text) == row.shown);
  }
}

TEST_CASE("rfc3339 and parse_rfc3339 are each other's inverse") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(1763670300, 120000000) == "2025-11-20T20:25:00.12Z");
  CHECK(parse_rfc3339("2025-11-20T20:25:00.12Z") == 1763670300);
  CHECK(parse_rfc3339("2025-11-20T22:25:00+02:00") == 1763670300);
  CHECK(parse_rfc3339("yesterday") == std::nullopt);
  CHECK(parse_rfc3339("2025-11-20T20:25:00") == std::nullopt);
}

TEST_CASE("nearest suggests only what is near") {
  const std::vector<std::string> names = {"builder", "test", "final"};
  CHECK(nearest("bulder", names) == "builder");
  CHECK(nearest("Final", names) == "final");
  CHECK(nearest("production", names) == std::nullopt);
  CHECK(nearest("x", names) == std::nullopt);
  CHECK(nearest("RNU", std::vector<std::string>{"ENV", "RUN"}) == "RUN");
  CHECK(nearest("tset", names) == "test");
}

TEST_CASE("human_size keeps three digits") {
  CHECK(human_size(0) == "0B");
  CHECK(human_size(999) == "999B");
  CHECK(human_size(1234) == "1.23kB");
  CHECK(human_size(99'990) == "100kB");
  CHECK(human_size(123'456'789) == "123MB");
}
