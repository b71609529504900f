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

  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kDay = 24 * kHour;
  const Row rows[] = {
      {-5, "Less than a second ago"},
      {0, "Less than a second ago"},
      {1, "1 second ago"},
      {2, "2 seconds ago"},
      {59, "59 seconds ago"},
      {60, "About a minute ago"},
      {119, "About a minute ago"},
      {120, "2 minutes ago"},
      {kHour - 1, "59 minutes ago"},
      {kHour, "About an hour ago"},
      // Hours are rounded, as by docker.
      {kHour + kHour / 2 - 1, "About an hour ago"},
      {kHour + kHour / 2, "2 hours ago"},
      {2 * kHour, "2 hours ago"},
      {2 * kDay - kHour / 2 - 1, "47 hours ago"},
      {2 * kDay - kHour / 2, "2 days ago"},
      {3 * kDay, "3 days ago"},
      {14 * kDay - kHour, "13 days ago"},
      {14 * kDay, "2 weeks ago"},
      {60 * kDay - kHour, "8 weeks ago"},
      {60 * kDay, "2 months ago"},
      {730 * kDay - kHour, "24 months ago"},
      {730 * kDay, "2 years ago"},
      {1095 * kDay - 1, "2 years ago"},
      {1095 * kDay, "3 years ago"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.seconds);
    CHECK(human_age(row.seconds) == row.text);
  }
}

TEST_CASE("durations are told in docker's words, as ages without ago") {
  CHECK(human_duration(-1) == "Less than a second");
  CHECK(human_duration(1) == "1 second");
  CHECK(human_duration(60) == "About a minute");
  CHECK(human_duration(3600) == "About an hour");
  CHECK(human_duration(50 * 3600) == "2 days");
  CHECK(human_age(50 * 3600) == "2 days ago");
}

TEST_CASE("sizes are docker's: three digits, no zeros behind the point") {
  struct Row {
    std::uint64_t bytes;
    const char* text;
  };

  const Row rows[] = {
      {0, "0B"},
      {999, "999B"},
      {1000, "1kB"},
      {1090, "1.09kB"},
      {1'090'000, "1.09MB"},
      {1'500'000, "1.5MB"},
      {77'840'000, "77.8MB"},
      {77'000'000, "77MB"},
      {100'000'000, "100MB"},
      {150'000'000, "150MB"},
      {1'050'000'000, "1.05GB"},
      {2'000'000'000'000, "2TB"},
  };
  for (const Row& row : rows)
    CHECK(docker_size(row.bytes) == row.text);
}

TEST_CASE("sizes of memory are binary and have four digits at most") {
  struct Row {
    std::uint64_t bytes;
    const char* text;
  };

  const Row rows[] = {
      {0, "0B"},
      {1023, "1023B"},
      {1024, "1KiB"},
      {1536, "1.5KiB"},
      {4'718'592, "4.5MiB"},
      {2'088'763'392, "1.945GiB"},
      {8'589'934'592, "8GiB"},
      {1ULL << 40, "1TiB"},
      {~std::uint64_t{0}, "16EiB"},
  };
  for (const Row& row : rows)
    CHECK(binary_size(row.bytes) == row.text);
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
  CHECK(parse_size("2TB") == 2'000'000'000'000);
  CHECK(parse_size("2TiB") == 2ULL << 40);
  CHECK(parse_size(".5KiB") == 512);
  CHECK(parse_size("7B") == 7);
  for (const std::string bad :
       {"", "x", "-1", "1XB", "1e30", "nan", "inf", " 1", "1 2", "1.2.3", "20000000TiB"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_size(bad), Error);
  }
}

TEST_CASE("durations are numbers with units") {
  CHECK(parse_duration("24h") == 86400);
  CHECK(parse_duration("1h30m") == 5400);
  CHECK(parse_duration("7d") == 604800);
  CHECK(parse_duration("2w") == 1209600);
  CHECK(parse_duration("0s") == 0);
  CHECK(parse_duration("1m1m") == 120);
  CHECK(parse_duration("1000000000s") == 1'000'000'000);
  for (const std::string bad : {"", "h", "5", "1x", "-1h", "99999999999h", "1000000001s", "1h ",
                                "1.5h", "1h5", "1H", "24 h"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_duration(bad), Error);
  }
}

TEST_CASE("one is singular, nothing is plural") {
  CHECK(counted(0, "image") == "0 images");
  CHECK(counted(1, "image") == "1 image");
  CHECK(counted(2, "cache record") == "2 cache records");
}

TEST_CASE("time that runs backwards is none") {
  CHECK(human_seconds(-1) == "0.0s");
}

}  // namespace
}  // namespace cbuild::cli
