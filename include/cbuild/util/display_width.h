// The width of a text in cells of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cbuild {

/// Cells of a printable() text: wide characters take two, combining ones none.
std::size_t display_width(std::string_view text) noexcept;

/// `text`, or its start and `ellipsis`, in at most `width` cells.
std::string truncate_to_width(std::string_view text,
                              std::size_t width,
                              std::string_view ellipsis = "…");

/// `text` and blanks up to `width` cells.
std::string pad_to_width(std::string text, std::size_t width);

}  // namespace cbuild
