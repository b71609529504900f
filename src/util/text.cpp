// Text functions; see text.h.
#include "cbuild/util/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "cbuild/util/utf8.h"

namespace cbuild {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Insertions, deletions, replacements, and two neighbours in the wrong order count one each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool is_treacherous(char32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF ||
         c == 0x2028 || c == 0x2029;
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), upper);
  return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::uint64_t> parse_uint(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    const auto value = static_cast<std::uint32_t>(point.value);
    if (!point.valid) {
      result += fmt::format("\\x{:02x}", value);
    } else if (!is_treacherous(point.value)) {
      result += text.substr(0, point.size);
    } else if (value < 0x80) {
      result += fmt::format("\\x{:02x}", value);
    } else {
      result += fmt::format("\\u{{{:04x}}}", value);
    }
    text.remove_prefix(point.size);
  }
  return result;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{}B", bytes);
  constexpr std::array<std::string_view, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, kUnits[unit]);
}

std::string rfc3339(std::int64_t seconds, std::uint32_t nanoseconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (nanoseconds != 0) {
    std::string fraction = fmt::format(".{:09}", nanoseconds);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    return parse_uint(text.substr(at, size));
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
  const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  const bool separators = text[4] == '-' && text[7] == '-' &&
                          (text[10] == 'T' || text[10] == 't') && text[13] == ':' &&
                          text[16] == ':';
  if (!separators || !year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::tm parts{};
  parts.tm_year = static_cast<int>(*year) - 1900;
  parts.tm_mon = static_cast<int>(*month) - 1;
  parts.tm_mday = static_cast<int>(*day);
  parts.tm_hour = static_cast<int>(*hour);
  parts.tm_min = static_cast<int>(*minute);
  parts.tm_sec = static_cast<int>(*second);
  const std::int64_t time = ::timegm(&parts);

  std::size_t at = 19;
  if (text[at] == '.') at = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z") return time;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto zone_hours = parse_uint(zone.substr(1, 2)),
             zone_minutes = parse_uint(zone.substr(4, 2));
  if (!zone_hours || !zone_minutes) return std::nullopt;
  const auto offset = static_cast<std::int64_t>(*zone_hours * 3600 + *zone_minutes * 60);
  return zone[0] == '+' ? time - offset : time + offset;
}

std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string> candidates,
                                   std::size_t slips) {
  constexpr std::size_t kLongest = 200;  // more is no slip of a finger, and costs its square
  std::size_t best = std::min(slips + 1, word.size());
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    if (std::max(word.size(), candidate.size()) > kLongest) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace cbuild
