// Characters of UTF-8.
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

}  // namespace cbuild
