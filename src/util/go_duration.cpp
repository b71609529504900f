// Parses durations as Go writes them; see go_duration.h.
#include "cbuild/util/go_duration.h"

#include <array>
#include <cstdint>

namespace cbuild {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

// Longer names first: "m" begins "ms".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00B5s", 1'000},
                                      {"\u03BCs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

constexpr std::uint64_t kMost = std::uint64_t{1} << 63;  // nanoseconds, of a negative duration

/// Digits off the front. Those behind the first 18 may be too many for `value`.
struct Digits {
  std::uint64_t value = 0;
  double scale = 1;  ///< 10 to the number of digits in `value`
  bool any = false;
  bool overflow = false;
};

Digits take_digits(std::string_view& text) {
  Digits digits;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    digits.overflow = digits.overflow || digits.value > (kMost - digit) / 10;
    if (!digits.overflow) {
      digits.value = digits.value * 10 + digit;
      digits.scale *= 10;
    }
    digits.any = true;
    text.remove_prefix(1);
  }
  return digits;
}

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

/// Takes "1.5s" off the front, as nanoseconds.
std::optional<std::uint64_t> take_part(std::string_view& text) {
  const Digits whole = take_digits(text);
  Digits fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if ((!whole.any && !fraction.any) || whole.overflow) return std::nullopt;
  const Unit* unit = take_unit(text);
  if (unit == nullptr || whole.value > kMost / unit->nanoseconds) return std::nullopt;
  // Whole units stay exact; only the fraction is rounded.
  const double rest = static_cast<double>(fraction.value) *
                      (static_cast<double>(unit->nanoseconds) / fraction.scale);
  return whole.value * unit->nanoseconds + static_cast<std::uint64_t>(rest);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part || *part > kMost - total) return std::nullopt;
    total += *part;
  }
  if (total == kMost && !negative) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? 0 - total : total));
}

}  // namespace cbuild
