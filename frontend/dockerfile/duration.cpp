// Parses durations as Go writes them; see duration.h.
#include "frontend/dockerfile/duration.h"

#include <array>
#include <cstdint>
#include <limits>

namespace cbuild::frontend {

namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

// Longer names first: "m" begins "ms".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1e3},
                                      {"\u00B5s", 1e3},
                                      {"\u03BCs", 1e3},
                                      {"ms", 1e6},
                                      {"s", 1e9},
                                      {"m", 60e9},
                                      {"h", 3600e9}}};

/// Takes digits off the front. nullopt when there are more than a duration can hold.
struct Digits {
  std::uint64_t value = 0;
  double scale = 1;  ///< 10 to the number of digits
  bool any = false;
  bool overflow = false;
};

Digits take_digits(std::string_view& text) {
  Digits digits;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits.value > (std::uint64_t{1} << 59)) {
      digits.overflow = true;
    } else {
      digits.value = digits.value * 10 + static_cast<std::uint64_t>(text.front() - '0');
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

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  static constexpr double kLimit = 9.2e18;  // nanoseconds in 63 bits
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const Digits whole = take_digits(text);
    Digits fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take_digits(text);
    }
    if ((!whole.any && !fraction.any) || whole.overflow) return std::nullopt;
    const Unit* unit = take_unit(text);
    if (unit == nullptr) return std::nullopt;
    if (static_cast<double>(whole.value) * unit->nanoseconds > kLimit) return std::nullopt;
    // Whole units stay exact; only the fraction is rounded.
    const auto exact =
        static_cast<std::int64_t>(whole.value) * static_cast<std::int64_t>(unit->nanoseconds);
    const auto rest = static_cast<std::int64_t>(static_cast<double>(fraction.value) *
                                                (unit->nanoseconds / fraction.scale));
    if (exact > std::numeric_limits<std::int64_t>::max() - rest - total) return std::nullopt;
    total += exact + rest;
  }
  return std::chrono::nanoseconds(negative ? -total : total);
}

}  // namespace cbuild::frontend
