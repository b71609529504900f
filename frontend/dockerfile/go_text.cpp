// Formats values as Go's fmt package does; see go_text.h.
#include "frontend/dockerfile/go_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"

namespace cbuild::frontend {

namespace {

/// `value` / `unit` as a decimal fraction without trailing zeros.
std::string fraction(std::uint64_t value, std::uint64_t unit) {
  std::string text = std::to_string(value / unit);
  std::uint64_t rest = value % unit;
  if (rest != 0) text += '.';
  while (rest != 0) {
    unit /= 10;
    text += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  return text;
}

/// Printable ASCII that Go does not escape.
bool is_plain(char c) {
  return c >= ' ' && c < '\x7F' && c != '"' && c != '\\';
}

}  // namespace

std::string go_list(const std::vector<std::string>& words) {
  return "[" + join(words, " ") + "]";
}

std::string go_quoted(std::string_view text) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\"\\";
  constexpr std::string_view kLetters = "abfnrtv\"\\";
  std::string result = "\"";
  for (;;) {
    // A Dockerfile is mostly ASCII, which needs no decoding.
    const auto plain = std::ranges::find_if_not(text, is_plain);
    result.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) return result + "\"";
    const CodePoint point = next_code_point(text);
    const auto at = kEscaped.find(text.front());
    if (at != std::string_view::npos) {
      result += '\\';
      result += kLetters[at];
    } else if (!point.valid || point.value < 0x20 || point.value == 0x7F) {
      for (const char c : text.substr(0, point.size))
        result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += text.substr(0, point.size);
    }
    text.remove_prefix(point.size);
  }
}

std::string go_quoted_list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words)
    quoted.push_back(go_quoted(word));
  return go_list(quoted);
}

std::string go_duration(std::int64_t nanoseconds) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (nanoseconds == 0) return "0s";
  std::string result = nanoseconds < 0 ? "-" : "";
  const std::uint64_t value = nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                              : static_cast<std::uint64_t>(nanoseconds);
  if (value < 1000) return result + std::to_string(value) + "ns";
  if (value < 1'000'000) return result + fraction(value, 1000) + "µs";
  if (value < kSecond) return result + fraction(value, 1'000'000) + "ms";
  const std::uint64_t minutes = value / (60 * kSecond);
  if (minutes >= 60) result += fmt::format("{}h", minutes / 60);
  if (minutes > 0) result += fmt::format("{}m", minutes % 60);
  return result + fraction(value % (60 * kSecond), kSecond) + "s";
}

}  // namespace cbuild::frontend
