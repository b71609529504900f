// Tests of ages, durations and sizes.
#include "src/cli/human.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli {
namespace {

TEST_CASE("ages are told in docker's words") {
  struct Row {
    std::int64_t seconds;
    std::string text;
  };

  const Row rows[] = {
      {-5, "Less than a second ago"}, {1, "1 second ago"},         {59, "59 seconds ago"},
      {60, "About a minute ago"},     {3599, "59 minutes ago"},    {3600, "About an hour ago"},
      {7200, "2 hours ago"},          {3 * 86400, "3 days ago"},   {21 * 86400, "3 weeks ago"},
      {90 * 86400, "3 months ago"},   {800 * 86400, "2 years ago"}};
  for (const Row& row : rows)
    CHECK(human_age(row.seconds) == row.text);
}

TEST_CASE("seconds are shown with a decimal below a minute") {
  CHECK(human_seconds(0.04) == "0.0s");
  CHECK(human_seconds(59.94) == "59.9s");
  CHECK(human_seconds(59.96) == "1m00s");
  CHECK(human_seconds(65) == "1m05s");
  CHECK(human_seconds(3599.7) == "1h00m");
  CHECK(human_seconds(7380) == "2h03m");
}

TEST_CASE("sizes take decimal and binary units") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("1.5kB") == 1500);
  CHECK(parse_size("10GB") == 10'000'000'000);
  CHECK(parse_size("2GiB") == 2147483648);
  CHECK(parse_size("3 m") == 3'000'000);
  for (const char* bad : {"", "x", "-1", "1XB", "1e30", "nan", "inf"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_size(bad), Error);
  }
}

TEST_CASE("durations are numbers with units") {
  CHECK(parse_duration("24h") == 86400);
  CHECK(parse_duration("1h30m") == 5400);
  CHECK(parse_duration("7d") == 604800);
  CHECK(parse_duration("2w") == 1209600);
  for (const char* bad : {"", "h", "5", "1x", "-1h", "99999999999h"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_duration(bad), Error);
  }
}

}  // namespace
}  // namespace cbuild::cli
