// Points in time, as --since and --until take them.
#include "src/cli/moment.h"

#include <ctime>
#include <string>

#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'764'340'000 * kSecond;

std::int64_t moment(std::string_view text) {
  return parse_moment("--since", text, kNow);
}

/// Nanoseconds since 1970 of a time in the zone of this process.
std::int64_t local(int year, int month, int day, int hour, int minute, int second) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  parts.tm_isdst = -1;
  return ::mktime(&parts) * kSecond;
}

TEST_CASE("a duration is so long ago") {
  CHECK(moment("90m") == kNow - 5400 * kSecond);
  CHECK(moment("1h30m") == kNow - 5400 * kSecond);
  CHECK(moment("500ms") == kNow - kSecond / 2);
  CHECK(moment("1.5h") == kNow - 5400 * kSecond);
  CHECK(moment("0s") == kNow);
  CHECK(moment("-10s") == kNow + 10 * kSecond);
}

TEST_CASE("a number is seconds since 1970") {
  CHECK(moment("0") == 0);
  CHECK(moment("1764340000") == kNow);
  CHECK(moment("1764340000.5") == kNow + kSecond / 2);
  CHECK(moment("1764340000.123456789") == kNow + 123'456'789);
  CHECK(moment("1764340000.1234567899") == kNow + 123'456'789);
  CHECK(moment("2026") == 2026 * kSecond);
}

TEST_CASE("a time with a zone is exact") {
  struct Row {
    const char* text;
    std::int64_t seconds;
    std::int64_t nanoseconds;
  };

  const Row rows[] = {
      {"2013-01-02T15:04:05Z", 1'357'139'045, 0},
      {"2013-01-02T15:04:05z", 1'357'139'045, 0},
      {"2013-01-02T15:04:05.25Z", 1'357'139'045, 250'000'000},
      {"2013-01-02T15:04:05.000000001Z", 1'357'139'045, 1},
      {"2013-01-02T15:04:05+01:00", 1'357'135'445, 0},
      {"2013-01-02T15:04:05.5-01:30", 1'357'144'445, 500'000'000},
      {"2013-01-02T15:04Z", 1'357'139'040, 0},
      {"2013-01-02T15Z", 1'357'138'800, 0},
      {"2013-01-02Z", 1'357'084'800, 0},
      {"1969-12-31T23:59:59Z", -1, 0},
      {"2024-02-29T00:00:00Z", 1'709'164'800, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(moment(row.text) == row.seconds * kSecond + row.nanoseconds);
  }
}

TEST_CASE("a time without a zone is the local one") {
  CHECK(moment("2013-07-02") == local(2013, 7, 2, 0, 0, 0));
  CHECK(moment("2013-07-02T15") == local(2013, 7, 2, 15, 0, 0));
  CHECK(moment("2013-07-02T15:04") == local(2013, 7, 2, 15, 4, 0));
  CHECK(moment("2013-07-02T15:04:05") == local(2013, 7, 2, 15, 4, 5));
  CHECK(moment("2013-07-02T15:04:05.5") == local(2013, 7, 2, 15, 4, 5) + kSecond / 2);
}

TEST_CASE("what is no time is refused with what is wanted") {
  const char* const rows[] = {
      "",
      "yesterday",
      "2013-13-02",
      "2013-02-30",
      "2013-1-2",
      "2013-01-02T",
      "2013-01-02T25:00:00Z",
      "2013-01-02T15:60:00Z",
      "2013-01-02T15:04:05.Z",
      "2013-01-02T15:04.5Z",
      "2013-01-02 15:04:05",
      "2013-01-02T15:04:05+1",
      "2013-01-02T15:04:05ZZ",
      "9999-01-01T00:00:00Z",
      "1000-01-01T00:00:00Z",
      "99999999999",
      "1764340000.",
      "1764340000.x",
      "1e9",
      "-5",
      "300y",
      "9999999h",
  };
  for (const char* text : rows) {
    CAPTURE(text);
    CHECK(refusal_of([&] { moment(text); }) ==
          "--since '" + std::string(text) + "': failed to parse value as time or duration");
  }
}

}  // namespace
}  // namespace cbuild::cli
