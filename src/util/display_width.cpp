// Widths of characters; see display_width.h.
#include "cbuild/util/display_width.h"

#include "cbuild/util/utf8.h"

namespace cbuild {

namespace {

/// The longest start of `text` that takes at most `width` cells.
std::string_view fitting(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  std::size_t used = 0;
  while (end < text.size()) {
    const CodePoint point = next_code_point(text.substr(end));
    const std::size_t cells = cell_width(point.value);
    if (used + cells > width) break;
    used += cells;
    end += point.size;
  }
  return text.substr(0, end);
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    width += cell_width(point.value);
    text.remove_prefix(point.size);
  }
  return width;
}

std::string truncate_to_width(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (fitting(text, width).size() == text.size()) return std::string(text);
  const std::size_t mark = display_width(ellipsis);
  if (mark > width) return {};
  return std::string(fitting(text, width - mark)) + std::string(ellipsis);
}

std::string pad_to_width(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

}  // namespace cbuild
