// How many cells of a terminal a text takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cbuild::cli {

struct CodePoint {
  char32_t value;
  std::size_t size;  ///< bytes; at least 1
  bool valid;        ///< false: `value` is a byte that is no UTF-8
};

/// The character at the start of `text`, which is not empty.
CodePoint next_code_point(std::string_view text) noexcept;

/// Cells of a printable() text: wide characters take two, combining ones none.
std::size_t display_width(std::string_view text) noexcept;

/// `text`, or its start and `ellipsis`, in at most `width` cells.
std::string truncate_to_width(std::string_view text,
                              std::size_t width,
                              std::string_view ellipsis = "…");

/// `text` and blanks up to `width` cells.
std::string pad_to_width(std::string text, std::size_t width);

}  // namespace cbuild::cli
