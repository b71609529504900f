// Values as Go's fmt package prints them.
#include "frontend/dockerfile/go_text.h"

#include <doctest/doctest.h>

#include <limits>

namespace cbuild::frontend {

TEST_CASE("lists print as Go's %v and %q do") {
  CHECK(go_list({}) == "[]");
  CHECK(go_list({"a", "", "b c"}) == "[a  b c]");
  CHECK(go_quoted_list({}) == "[]");
  CHECK(go_quoted_list({"a", "", "b \"c\""}) == R"(["a" "" "b \"c\""])");
}

TEST_CASE("strings print as Go's strconv.Quote does") {
  struct Row {
    std::string text;
    std::string quoted;
  };

  const Row rows[] = {
      {"", R"("")"},
      {"a'b`c", R"("a'b`c")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {std::string("\0\x01\x1f\x7f", 4), R"("\x00\x01\x1f\x7f")"},
      {"\xC3\xBC\u20ac\U0001f600", "\"\xC3\xBC\u20ac\U0001f600\""},
      {"\xff", R"("\xff")"},
      {"\xe2\x82", R"("\xe2\x82")"},
      {"\xed\xa0\x80", R"("\xed\xa0\x80")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.quoted);
    CHECK(go_quoted(row.text) == row.quoted);
  }
}

TEST_CASE("durations print as Go's time.Duration does") {
  struct Row {
    std::int64_t nanoseconds;
    std::string text;
  };

  const Row rows[] = {
      {0, "0s"},
      {1, "1ns"},
      {999, "999ns"},
      {1'000, "1µs"},
      {1'500, "1.5µs"},
      {999'999, "999.999µs"},
      {1'000'001, "1.000001ms"},
      {100'000'000, "100ms"},
      {1'000'000'000, "1s"},
      {1'500'000'000, "1.5s"},
      {60'000'000'000, "1m0s"},
      {90'000'000'000, "1m30s"},
      {3'600'000'000'000, "1h0m0s"},
      {3'600'000'000'001, "1h0m0.000000001s"},
      {86'400'000'000'000, "24h0m0s"},
      {-1'000'000'000, "-1s"},
      {-1, "-1ns"},
      {std::numeric_limits<std::int64_t>::max(), "2562047h47m16.854775807s"},
      {std::numeric_limits<std::int64_t>::min(), "-2562047h47m16.854775808s"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.nanoseconds);
    CHECK(go_duration(row.nanoseconds) == row.text);
  }
}

}  // namespace cbuild::frontend
