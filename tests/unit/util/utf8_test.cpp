// Decoding of UTF-8, and what is none (RFC 3629); widths and letters.
#include "cbuild/util/utf8.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace cbuild {

using namespace std::string_view_literals;

TEST_CASE("characters of every length are decoded") {
  struct Row {
    std::string_view text;
    char32_t value;
    std::size_t size;
  };

  for (const Row& row : {
           Row{"\0"sv, 0, 1},
           {"a", 'a', 1},
           {"\x7F", 0x7F, 1},
           {"\xC2\x80", 0x80, 2},
           {"\xDF\xBF", 0x7FF, 2},
           {"\xE0\xA0\x80", 0x800, 3},
           {"\xED\x9F\xBF", 0xD7FF, 3},
           {"\xEE\x80\x80", 0xE000, 3},
           {"\xEF\xBF\xBF", 0xFFFF, 3},
           {"\xF0\x90\x80\x80", 0x10000, 4},
           {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
           {"\xC3\xA4rest", 0xE4, 2},
       }) {
    CAPTURE(row.value);
    const CodePoint point = next_code_point(row.text);
    CHECK(point.valid);
    CHECK(point.value == row.value);
    CHECK(point.size == row.size);
  }
}

TEST_CASE("what is no UTF-8 is taken byte by byte") {
  for (const std::string_view text : {
           "\x80"sv,      // continuation without a beginning
           "\xC0\x80"sv,  // overlong forms
           "\xC1\xBF"sv,
           "\xE0\x9F\xBF"sv,
           "\xF0\x8F\xBF\xBF"sv,
           "\xED\xA0\x80"sv,  // surrogates
           "\xED\xBF\xBF"sv,
           "\xF4\x90\x80\x80"sv,  // beyond U+10FFFF
           "\xF5\x80\x80\x80"sv,
           "\xFF"sv,
           "\xC3"sv,  // cut
           "\xE2\x82"sv,
           "\xF0\x9F\x98"sv,
           "\xC3("sv,  // another beginning where a continuation must be
           "\xE2\x82("sv,
       }) {
    CAPTURE(text);
    const CodePoint point = next_code_point(text);
    CHECK_FALSE(point.valid);
    CHECK(point.size == 1);
    CHECK(point.value == static_cast<unsigned char>(text[0]));
  }
}

TEST_CASE("characters take as many cells as terminals give them") {
  struct Row {
    char32_t character;
    std::size_t cells;
  };

  for (const Row& row : {
           Row{U'a', 1},       {U'\t', 1},         {U'\u00AD', 1},  // soft hyphen
           {U'\u00A1', 1},                                          // of ambiguous width
           {U'\u2026', 1},     {U'\u0301', 0},                      // combining (Mn)
           {U'\u20DD', 0},                                          // enclosing (Me)
           {U'\u0903', 1},                                          // spacing mark (Mc)
           {U'\u200D', 0},                                          // zero width joiner
           {U'\uFE0F', 0},                                          // variation selector
           {U'\u1100', 2},                                          // consonant of Hangul,
           {U'\u1161', 0},                                          // and the vowel within it
           {U'\uAC00', 2},     {U'\u65E5', 2},     {U'\uFF21', 2},  // full-width
           {U'\uFF71', 1},                                          // half-width
           {U'\u2714', 1},                                          // drawn as text
           {U'\u2705', 2},                                          // drawn as emoji
           {U'\U0001F6A7', 2}, {U'\U0001FAF8', 2},                  // of Unicode 15
           {U'\U00031350', 2},
       }) {
    CAPTURE(row.character);
    CHECK(cell_width(row.character) == row.cells);
  }
}

TEST_CASE("letters of every script are told from other characters") {
  for (const std::string_view text : {"a", "Z", "\u00AA", "\u00DF", "\u01C5", "\u02B0", "\u03A9",
                                      "\u05D0", "\u65E5", "\U0001D400", "\U00031350"}) {
    CAPTURE(text);
    CHECK(letter_size(text) == text.size());
    CHECK(letter_size(std::string(text) + "!") == text.size());
  }
  // Digits, marks, numbers that look like letters, what is not assigned or no UTF-8.
  for (const std::string_view text :
       {"", "0", "_", "$", " ", "\u0301", "\u0660", "\u2160", "\u20AC", "\u0378", "\xC3", "\xFF"}) {
    CAPTURE(text);
    CHECK(letter_size(text) == 0);
  }
}

}  // namespace cbuild
