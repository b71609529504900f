// Characters through utf8proc; see utf8.h.
#include "cbuild/util/utf8.h"

#include <utf8proc.h>

namespace cbuild {

CodePoint next_code_point(std::string_view text) noexcept {
  if (static_cast<unsigned char>(text.front()) < 0x80)
    return {static_cast<unsigned char>(text.front()), 1, true};
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_int32_t value = 0;
  const auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (size <= 0) return {bytes[0], 1, false};
  return {static_cast<char32_t>(value), static_cast<std::size_t>(size), true};
}

std::size_t cell_width(char32_t character) noexcept {
  const auto code = static_cast<utf8proc_int32_t>(character);
  if (code < 0x300) return 1;
  // Where terminals (wcwidth) differ from utf8proc: vowels and finals of Hangul are drawn into the
  // cell of the consonant before them, and a mark of category Mc has a cell of its own.
  if (code >= 0x1160 && code <= 0x11FF) return 0;
  if (utf8proc_category(code) == UTF8PROC_CATEGORY_MC) return 1;
  return static_cast<std::size_t>(utf8proc_charwidth(code));
}

std::size_t letter_size(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const CodePoint point = next_code_point(text);
  if (!point.valid) return 0;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(point.value));
  const bool is_letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
  return is_letter ? point.size : 0;
}

}  // namespace cbuild
