// Backslashes in texts; see escapes.h.
#include "src/cli/template/escapes.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>

#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"

namespace cbuild::cli::templates {

namespace {

constexpr std::string_view kLetters = "abfnrtv\\\"";
constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";

void append_utf8(std::string& text, std::uint32_t c) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Takes `count` digits off the front.
std::optional<std::uint32_t> take_code(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t code = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + count, code, base);
  if (error != std::errc() || rest != text.data() + count) return std::nullopt;
  text.remove_prefix(count);
  return code;
}

/// Takes what stands behind a backslash off the front of `text`.
bool take_escape(std::string_view& text, std::string& result) {
  if (text.empty()) return false;
  const char letter = text.front();
  if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
    result += kMeanings[known];
    text.remove_prefix(1);
    return true;
  }
  if (letter >= '0' && letter <= '7') {
    const auto code = take_code(text, 3, 8);
    if (!code || *code > 0xFF) return false;
    result += static_cast<char>(*code);
    return true;
  }
  const std::size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (count == 0) return false;
  text.remove_prefix(1);
  const auto code = take_code(text, count, 16);
  if (!code) return false;
  if (letter == 'x') {
    result += static_cast<char>(*code);
    return true;
  }
  if (*code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return false;
  append_utf8(result, *code);
  return true;
}

void append_quoted(std::string& result, const CodePoint& point, std::string_view bytes) {
  const auto value = static_cast<std::uint32_t>(point.value);
  const char c = bytes.front();
  if (const auto known = kMeanings.find(c); bytes.size() == 1 && known != std::string_view::npos) {
    result += '\\';
    result += kLetters[known];
  } else if (!point.valid || value < 0x20 || value == 0x7F) {
    result += fmt::format("\\x{:02x}", value);
  } else if (value >= 0x80 && printable(bytes) != bytes) {
    result += value < 0x10000 ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
  } else {
    result += bytes;
  }
}

}  // namespace

std::optional<std::string> without_escapes(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      result += c;
    } else if (!take_escape(text, result)) {
      return std::nullopt;
    }
  }
  return result;
}

std::string go_quoted(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    append_quoted(result, point, text.substr(0, point.size));
    text.remove_prefix(point.size);
  }
  return result + "\"";
}

}  // namespace cbuild::cli::templates
