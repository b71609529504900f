// How many cells a text takes, and cutting it.
#include "cbuild/util/display_width.h"

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace cbuild
