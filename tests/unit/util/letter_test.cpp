// Letters of Unicode.
#include <doctest/doctest.h>

#include <string>

#include "cbuild/util/utf8.h"

namespace cbuild {

TEST_CASE("letter_size counts the bytes of a letter, and none of anything else") {
  struct Row {
    std::string text;
    std::size_t size;
  };

  const Row rows[] = {
      // ASCII, its neighbours and what is no letter of it
      {"a", 1},
      {"z", 1},
      {"A", 1},
      {"Z", 1},
      {"@", 0},
      {"[", 0},
      {"`", 0},
      {"{", 0},
      {"0", 0},
      {"_", 0},
      {"$", 0},
      {" ", 0},
      {"", 0},
      {std::string(1, '\0'), 0},
      {"\x7f", 0},
      // the first character only
      {"abc", 1},
      {"1a", 0},
      // Latin, and signs among it
      {"\u00aa", 2},
      {"\u00b5", 2},
      {"\u00c0", 2},
      {"\u00d6", 2},
      {"\u00d7", 0},
      {"\u00d8", 2},
      {"\u00f7", 0},
      {"\u00ff", 2},
      {"\u00a0", 0},
      {"\u02b0", 2},
      {"\u02c2", 0},
      // other scripts
      {"\u03b1", 2},
      {"\u0436", 2},
      {"\u05d0", 2},
      {"\u0627", 2},
      {"\u0905", 3},
      {"\u3042", 3},
      {"\u4e2d", 3},
      {"\ud55c", 3},
      {"\u1d00", 3},
      {"\U0001d400", 4},
      {"\U00020000", 4},
      {"\U0003134a", 4},
      // digits, marks, punctuation and symbols of theirs
      {"\u0660", 0},
      {"\u0301", 0},
      {"\u093e", 0},
      {"\u20ac", 0},
      {"\u2028", 0},
      {"\u3001", 0},
      {"\u00b2", 0},
      {"\u2160", 0},
      {"\ufe0f", 0},
      {"\ufeff", 0},
      {"\U0001f600", 0},
      {"\U0001d7ce", 0},
      {"\U000e0100", 0},
      {"\U0010ffff", 0},
      // what is not UTF-8: cut short, overlong, a surrogate, too large
      {"\xc3", 0},
      {"\xbc", 0},
      {"\xff", 0},
      {"\xc1\x81", 0},
      {"\xed\xa0\x80", 0},
      {"\xf4\x90\x80\x80", 0},
      {"\xe4\xb8", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(letter_size(row.text) == row.size);
  }
}

}  // namespace cbuild
