// Ages, durations and sizes; see human.h.
#include "src/cli/human.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

struct Unit {
  std::string_view name;  // lower case
  double factor;
};

constexpr std::array<Unit, 14> kSizeUnits = {{{"", 1},
                                              {"b", 1},
                                              {"k", 1e3},
                                              {"kb", 1e3},
                                              {"kib", 1024.0},
                                              {"m", 1e6},
                                              {"mb", 1e6},
                                              {"mib", 1024.0 * 1024},
                                              {"g", 1e9},
                                              {"gb", 1e9},
                                              {"gib", 1024.0 * 1024 * 1024},
                                              {"t", 1e12},
                                              {"tb", 1e12},
                                              {"tib", 1024.0 * 1024 * 1024 * 1024}}};

/// Seconds of one `unit`; 0 = no such unit.
std::int64_t seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return kMinute;
    case 'h':
      return kHour;
    case 'd':
      return kDay;
    case 'w':
      return 7 * kDay;
    default:
      return 0;
  }
}

}  // namespace

std::string human_duration(std::int64_t seconds) {
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < kMinute) return fmt::format("{} seconds", seconds);
  if (seconds < 2 * kMinute) return "About a minute";
  if (seconds < kHour) return fmt::format("{} minutes", seconds / kMinute);
  const std::int64_t hours = (seconds + kHour / 2) / kHour;  // docker rounds these, and no others
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  const std::int64_t days = hours / 24;
  if (days < 14) return fmt::format("{} days", days);
  if (days < 60) return fmt::format("{} weeks", days / 7);
  if (days < 730) return fmt::format("{} months", days / 30);
  return fmt::format("{} years", seconds / (365 * kDay));
}

std::string human_age(std::int64_t seconds) {
  return human_duration(seconds) + " ago";
}

std::string docker_size(std::uint64_t bytes) {
  std::string text = human_size(bytes);
  const auto point = text.find('.');
  if (point == std::string::npos) return text;
  const auto unit = text.find_first_not_of("0123456789", point + 1);
  std::string number = text.substr(0, unit);
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number + text.substr(unit);
}

std::string binary_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit)
    value /= 1024;
  return fmt::format("{:.4g}{}", value, kUnits[unit]);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string human_seconds(double seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < kHour) return fmt::format("{}m{:02}s", whole / kMinute, whole % kMinute);
  return fmt::format("{}h{:02}m", whole / kHour, whole % kHour / kMinute);
}

std::uint64_t parse_size(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string unit = to_lower(trim(std::string_view(rest, end)));
  if (error == std::errc() && number >= 0 && std::isfinite(number)) {
    for (const Unit& known : kSizeUnits) {
      const double bytes = number * known.factor;
      if (known.name == unit && bytes < 1.8e19) return static_cast<std::uint64_t>(bytes);
    }
  }
  throw Error(ErrorKind::usage,
              "'{}' is not a size (want a number and B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)",
              printable(text));
}

std::int64_t parse_duration(std::string_view text) {
  const auto refuse = [&] {
    return Error(ErrorKind::usage, "'{}' is not a duration (want for instance 90s, 1h30m, 24h, 7d)",
                 printable(text));
  };
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto digits = rest.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) throw refuse();
    const auto number = parse_uint(rest.substr(0, digits));
    const std::int64_t unit = seconds_of(rest[digits]);
    if (!number || *number > 1'000'000'000 || unit == 0) throw refuse();
    total += static_cast<std::int64_t>(*number) * unit;
    rest.remove_prefix(digits + 1);
  }
  if (text.empty()) throw refuse();
  return total;
}

}  // namespace cbuild::cli
