// Shows a place in the Dockerfile with the lines around it.
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "cbuild/frontend/dockerfile.h"
#include "cbuild/util/text.h"

namespace cbuild::frontend {

namespace {

constexpr int kLinesBefore = 2;
constexpr int kMarkedLines = 12;  // of a longer range the rest is left out
constexpr std::size_t kTabStop = 8;
constexpr int kNumberWidth = 4;

/// Bytes of the character that `text` begins with; 1 for a byte that is no UTF-8.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 1;
  }
  return size;
}

std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  std::uint32_t value = first & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1))
    value = (value << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

/// Terminal columns of a printable character. wcwidth(3) would ask the locale, which is global.
std::size_t columns_of(std::uint32_t c) {
  struct Span {
    std::uint32_t first, last;
  };

  static constexpr Span kCombining[] = {
      {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x1AB0, 0x1AFF},
      {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
  static constexpr Span kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                                   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
                                   {0x20000, 0x3FFFD}};
  const auto is_in = [c](const Span& span) { return c >= span.first && c <= span.last; };
  if (std::ranges::any_of(kCombining, is_in)) return 0;
  return std::ranges::any_of(kWide, is_in) ? 2 : 1;
}

/// A line as it is shown, and the marks beneath it.
struct Shown {
  std::string text;
  std::string marks;  // empty = nothing is marked
};

/// Bytes [first, last) of `line` are marked; of an empty range, the place before `first`.
Shown show(std::string_view line, std::size_t first, std::size_t last) {
  Shown shown;
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t size = character_size(line.substr(at));
    const std::string_view character = line.substr(at, size);
    std::string text = printable(character);
    std::size_t width = text == character ? columns_of(code_point(character)) : text.size();
    if (character == "\t") {
      width = kTabStop - column % kTabStop;
      text.assign(width, ' ');
    }
    if (at < first) {
      shown.marks.append(width, ' ');
    } else if (at < last) {
      shown.marks.append(width, '^');
    }
    shown.text += text;
    column += width;
    at += size;
  }
  if (first >= last) shown.marks += '^';
  return shown;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// Line `number` with what `range` marks of it: all but the blanks at both ends where it says
/// nothing about columns.
Shown show_marked(std::string_view line, int number, const SourceRange& range) {
  const std::string_view inner = trim(line);
  std::size_t first = inner.empty() ? 0 : static_cast<std::size_t>(inner.data() - line.data());
  std::size_t last = first + inner.size();
  if (range.column > 0) {
    const auto offset = [&](int column) {
      return std::min(static_cast<std::size_t>(std::max(column, 1) - 1), line.size());
    };
    if (number == range.line) first = offset(range.column);
    if (number == std::max(range.line, range.last_line)) last = offset(range.end_column);
  }
  Shown shown = show(line, first, last);
  const bool is_a_place = range.column > 0 && range.last_line <= range.line;
  if (first >= last && !is_a_place) shown.marks.clear();
  return shown;
}

std::string row(std::string_view gutter, std::string_view text) {
  std::string result = fmt::format("\n{:>{}} │ {}", gutter, kNumberWidth, text);
  result.erase(result.find_last_not_of(' ') + 1);
  return result;
}

}  // namespace

std::string excerpt(std::string_view name, std::string_view text, const SourceRange& range) {
  if (range.line < 1) return printable(name);
  const std::vector<std::string_view> lines = lines_of(text);
  const int count = static_cast<int>(lines.size());
  std::string result = fmt::format("{}:{}", printable(name), range.line);
  if (range.line > count) return result;

  const auto line_of = [&](int number) { return lines[static_cast<std::size_t>(number - 1)]; };
  const int last = std::clamp(range.last_line, range.line, count);
  int number = std::max(1, range.line - kLinesBefore);
  while (number < range.line && trim(line_of(number)).empty())
    ++number;
  for (; number < range.line; ++number)
    result += row(std::to_string(number), show(line_of(number), 0, 0).text);
  for (; number <= last; ++number) {
    if (number == range.line + kMarkedLines) return result + row("", "…");
    const Shown shown = show_marked(line_of(number), number, range);
    result += row(std::to_string(number), shown.text);
    if (!shown.marks.empty()) result += row("", shown.marks);
  }
  return result;
}

std::string excerpt(std::string_view name, std::string_view text, const DockerfileError& error) {
  std::string result;
  for (const Fault& fault : error.earlier())
    result += fmt::format("{}\ncbuild: {}\n", excerpt(name, text, fault.range), fault.message);
  return result + excerpt(name, text, error.range());
}

}  // namespace cbuild::frontend
