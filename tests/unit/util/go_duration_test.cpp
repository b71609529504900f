// Durations as Go writes them.
#include "cbuild/util/go_duration.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild {

using namespace std::chrono_literals;

TEST_CASE("parse_go_duration takes what Go's time.ParseDuration takes") {
  struct Row {
    const char* text;
    std::chrono::nanoseconds duration;
  };

  const Row rows[] = {
      {"0", 0ns},
      {"-0", 0ns},
      {"+0", 0ns},
      {"0s", 0ns},
      {"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
      {"1s1h", 1h + 1s},
      {"1s1s", 2s},
      {"+5s", 5s},
      {"-2s", -2s},
      {"-1m30s", -90s},
      {"1.5s", 1500ms},
      {"1.s", 1s},
      {".5m", 30s},
      {"007s", 7s},
      {"7us", 7us},
      {"7\u00b5s", 7us},
      {"7\u03bcs", 7us},
      {"1.23456789ns", 1ns},
      {"0.3333333333333333333h", 20min},
      {"0.1000000000000000000000000000000000s", 100ms},
      {"9007199254.740993ms", 9007199254740993ns},
      {"9223372036854775807ns", 9223372036854775807ns},
      {"2562047h47m16.854775807s", 9223372036854775807ns},
      {"-9223372036854775808ns", std::chrono::nanoseconds::min()},
      {"-2562047h47m16.854775808s", std::chrono::nanoseconds::min()},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto duration = parse_go_duration(row.text);
    REQUIRE(duration);
    CHECK(duration->count() == row.duration.count());
  }
}

TEST_CASE("parse_go_duration refuses what Go's time.ParseDuration refuses") {
  const std::string rows[] = {
      "",
      "-",
      "+",
      "5",
      "s",
      ".s",
      ".",
      "1x",
      "1s2",
      "1 s",
      "1s ",
      " 1s",
      "1S",
      "--1s",
      "1s-1s",
      "1.2.3s",
      "1,5s",
      "1e3s",
      "0x1s",
      "1d",
      "1.5",
      "infs",
      "1h1",
      std::string("1s\0", 3),
      "\xc2"
      "7s",
      "3000000h",
      "99999999999h",
      "9223372036854775808ns",
      "-9223372036854775809ns",
      "2562047h47m16.854775808s",
      "9223372036854775807ns1ns",
      "9999999999999999999999s",
      std::string(100'000, '9') + "s",
  };
  for (const std::string& text : rows) {
    CAPTURE(text.substr(0, 40));
    CHECK_FALSE(parse_go_duration(text).has_value());
  }
}

}  // namespace cbuild
