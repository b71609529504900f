// Characters of UTF-8, as Unicode 15 has them.
#pragma once

#include <cstddef>
#include <string_view>

namespace cbuild {

struct CodePoint {
  char32_t value;
  std::size_t size;  ///< bytes; at least 1
  bool valid;        ///< false: `value` is a byte that is no UTF-8
};

/// The character at the start of `text`, which is not empty. Overlong forms, surrogates and what
/// lies beyond U+10FFFF are no UTF-8 (RFC 3629).
CodePoint next_code_point(std::string_view text) noexcept;

/// Cells of a terminal: wide characters take two, those drawn onto the one before none. An
/// ambiguous width is one.
std::size_t cell_width(char32_t character) noexcept;

/// Bytes of the letter (general category L) that `text` begins with; 0 when it begins with none.
std::size_t letter_size(std::string_view text) noexcept;

}  // namespace cbuild
