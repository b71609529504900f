// Points in time; see moment.h.
#include "src/cli/moment.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/go_duration.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Nanoseconds of the digits behind a decimal point; further ones than the ninth are left out.
std::optional<std::int64_t> fraction_of(std::string_view digits) {
  constexpr std::size_t kDigits = 9;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string text(digits.substr(0, kDigits));
  text.resize(kDigits, '0');
  return static_cast<std::int64_t>(*parse_uint(text));
}

std::optional<std::int64_t> nanoseconds_of(std::int64_t seconds, std::int64_t fraction) {
  std::int64_t result = 0;
  const bool overflow = __builtin_mul_overflow(seconds, kSecond, &result) ||
                        __builtin_add_overflow(result, fraction, &result);
  if (overflow) return std::nullopt;
  return result;
}

std::optional<std::int64_t> parse_unix_time(std::string_view text) {
  const auto point = text.find('.');
  const auto seconds = parse_uint(text.substr(0, point));
  const auto fraction =
      point == std::string_view::npos ? std::int64_t{0} : fraction_of(text.substr(point + 1));
  constexpr std::uint64_t kMost = 9'223'372'036;  // of nanoseconds in an int64
  if (!seconds || *seconds > kMost || !fraction) return std::nullopt;
  return nanoseconds_of(static_cast<std::int64_t>(*seconds), *fraction);
}

/// The parts of a time of RFC 3339, completed.
struct TimeParts {
  std::string time;      ///< "2026-11-28T15:04:05"
  std::string fraction;  ///< digits
  std::string zone;      ///< "Z", "+01:00"; empty = local
};

std::optional<TimeParts> cut_time(std::string_view text) {
  constexpr std::size_t kDate = 10;
  constexpr std::string_view kNone = "0000-00-00T00:00:00";
  TimeParts parts;
  // The date has dashes, too.
  const auto zone = text.find_first_of("Zz+-", std::min(kDate, text.size()));
  if (zone != std::string_view::npos) {
    parts.zone = text.substr(zone);
    text = text.substr(0, zone);
  }
  if (const auto point = text.find('.'); point != std::string_view::npos) {
    parts.fraction = text.substr(point + 1);
    if (point != kNone.size() || parts.fraction.empty()) return std::nullopt;
    text = text.substr(0, point);
  }
  const bool complete_field =
      text.size() == kDate || text.size() == 13 || text.size() == 16 || text.size() == kNone.size();
  if (!complete_field) return std::nullopt;
  parts.time = std::string(text).append(kNone.substr(text.size()));
  return parts;
}

std::int64_t in_local_zone(std::int64_t utc) {
  const std::time_t seconds = utc;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  parts.tm_isdst = -1;
  return ::mktime(&parts);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto parts = cut_time(text);
  if (!parts) return std::nullopt;
  // What does not come out as it went in has a 13th month or a 30th of February.
  auto seconds = parse_rfc3339(parts->time + "Z");
  if (!seconds || rfc3339(*seconds) != parts->time + "Z") return std::nullopt;
  if (parts->zone.empty()) {
    seconds = in_local_zone(*seconds);
  } else {
    seconds = parse_rfc3339(parts->time + parts->zone);
  }
  const auto fraction = parts->fraction.empty() ? std::int64_t{0} : fraction_of(parts->fraction);
  if (!seconds || !fraction) return std::nullopt;
  return nanoseconds_of(*seconds, *fraction);
}

std::optional<std::int64_t> before(std::string_view duration, std::int64_t now) {
  const auto length = parse_go_duration(duration);
  std::int64_t result = 0;
  if (!length || __builtin_sub_overflow(now, length->count(), &result)) return std::nullopt;
  return result;
}

}  // namespace

std::int64_t parse_moment(std::string_view flag, std::string_view text, std::int64_t now) {
  // A bare 0 is the year 1970, not now.
  std::optional<std::int64_t> moment = text == "0" ? std::nullopt : before(text, now);
  if (!moment) moment = parse_time(text);
  if (!moment) moment = parse_unix_time(text);
  if (moment) return *moment;
  throw Error(ErrorKind::usage, "{} '{}': failed to parse value as time or duration", flag,
              printable(text))
      .with_hint("want for instance 90m, 2026-11-28T15:04:05Z or seconds since 1970");
}

}  // namespace cbuild::cli
