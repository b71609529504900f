// How many cells a text takes, cutting it, and the characters it consists of.
#include "cbuild/util/display_width.h"

#include <doctest/doctest.h>

#include "cbuild/util/utf8.h"

namespace cbuild {
namespace {

TEST_CASE("characters take zero, one or two cells") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("é") == 1);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("🚧") == 2);
  CHECK(display_width("━│…✔") == 4);
}

TEST_CASE("texts are cut between characters, with an ellipsis") {
  CHECK(truncate_to_width("abcdef", 6) == "abcdef");
  CHECK(truncate_to_width("abcdef", 5) == "abcd…");
  CHECK(truncate_to_width("日本語", 5) == "日本…");
  CHECK(truncate_to_width("日本語", 4) == "日…");
  CHECK(truncate_to_width("e\u0301e\u0301e\u0301", 3) == "e\u0301e\u0301e\u0301");
  CHECK(truncate_to_width("abcdef", 5, "...") == "ab...");
  CHECK(truncate_to_width("abcdef", 0).empty());
}

TEST_CASE("what is no UTF-8 is taken byte by byte") {
  struct Row {
    std::string_view text;
    char32_t value;
    std::size_t size;
    bool valid;
  };

  const Row rows[] = {{"a", 'a', 1, true},
                      {"\x7f", 0x7F, 1, true},
                      {"\xc2\x80", 0x80, 2, true},
                      {"\xed\x9f\xbf", 0xD7FF, 3, true},
                      {"\xf4\x8f\xbf\xbf", 0x10FFFF, 4, true},
                      {"\x80", 0x80, 1, false},
                      {"\xc3", 0xC3, 1, false},
                      {"\xc3z", 0xC3, 1, false},
                      {"\xe2\x82", 0xE2, 1, false},
                      {"\xc0\xaf", 0xC0, 1, false},          // overlong '/'
                      {"\xe0\x80\xaf", 0xE0, 1, false},      // the same in three bytes
                      {"\xf0\x80\x80\xaf", 0xF0, 1, false},  // and in four
                      {"\xed\xa0\x80", 0xED, 1, false},      // half of a surrogate pair
                      {"\xf4\x90\x80\x80", 0xF4, 1, false},  // beyond the last plane
                      {"\xff", 0xFF, 1, false}};
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const CodePoint point = next_code_point(row.text);
    CHECK(point.value == row.value);
    CHECK(point.size == row.size);
    CHECK(point.valid == row.valid);
  }
}

}  // namespace
}  // namespace cbuild
