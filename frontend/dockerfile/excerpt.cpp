// Draws diagnostics; see excerpt.h.
#include "cbuild/frontend/excerpt.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"

namespace cbuild::frontend {

namespace {

constexpr int kLinesBefore = 2;
constexpr int kMarkedLines = 12;  // of a longer range the rest is left out
constexpr std::size_t kTabStop = 8;
constexpr int kNumberWidth = 4;
constexpr std::size_t kLongLine = 500;  // bytes

/// A line as it is shown, and the marks beneath it.
struct Shown {
  std::string text;
  std::string marks;  // empty = nothing is marked
};

/// Bytes [first, last) of `line` are marked; of an empty range, the place before `first`.
Shown show_part(std::string_view line, std::size_t first, std::size_t last) {
  Shown shown;
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t size = next_code_point(line.substr(at)).size;
    const std::string_view character = line.substr(at, size);
    std::string text = printable(character);
    std::size_t width = text == character ? display_width(character) : text.size();
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

/// Of a long line, the bytes that are shown: what is marked has to be among them.
std::pair<std::size_t, std::size_t> window(std::string_view line, std::size_t first) {
  if (line.size() <= kLongLine) return {0, line.size()};
  const auto to_character = [&](std::size_t at) {
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U)
      ++at;
    return at;
  };
  const std::size_t begin = first < kLongLine / 2 ? 0 : to_character(first - kLongLine / 4);
  return {begin, std::min(to_character(begin + kLongLine), line.size())};
}

/// As show_part(); of a long line the part around the mark.
Shown show(std::string_view line, std::size_t first, std::size_t last) {
  const auto [begin, end] = window(line, first);
  Shown shown = show_part(line.substr(begin, end - begin), first - std::min(first, begin),
                          std::max(last, begin) - begin);
  if (begin > 0) {
    shown.text.insert(0, "…");
    if (!shown.marks.empty()) shown.marks.insert(0, " ");
  }
  if (end < line.size()) shown.text += "…";
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
Shown show_marked(std::string_view line, int number, const graph::SourceRange& range) {
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

std::string excerpt(std::string_view name, std::string_view text, const graph::SourceRange& range) {
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

std::string excerpt(std::string_view name,
                    std::string_view text,
                    std::span<const graph::Diagnostic> diagnostics) {
  std::string result;
  for (const graph::Diagnostic& one : diagnostics) {
    result += excerpt(name, text, one.range);
    if (&one == &diagnostics.back()) break;
    result += fmt::format("\ncbuild: {}\n", printable(one.message));
    if (!one.hint.empty()) result += fmt::format("hint: {}\n", printable(one.hint));
  }
  return result;
}

}  // namespace cbuild::frontend
