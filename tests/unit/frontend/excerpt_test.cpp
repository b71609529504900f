// How diagnostics are drawn.
#include "cbuild/frontend/excerpt.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"

using namespace cbuild;
using namespace cbuild::frontend;
using graph::SourceRange;

namespace {

constexpr const char* kText =
    "FROM debian\n"
    "\n"
    "RUN one \\\n"
    "  two\n"
    "\tCOPY requirments.txt .\n"
    "COPY gr\xC3\xBC\xC3\x9F"
    "e.txt /x\n"
    "COPY \xE6\x97\xA5\xE6\x9C\xAC.txt /x\n"
    "RUN \x1b[31m /y\n";

}  // namespace

TEST_CASE("excerpt shows up to two lines before and underlines the range") {
  struct Row {
    const char* what;
    SourceRange range;
    std::string shown;
  };

  const Row rows[] = {
      {"a whole line", {1, 1, 0, 0}, "D:1\n   1 │ FROM debian\n     │ ^^^^^^^^^^^"},
      {"a word", {1, 1, 6, 12}, "D:1\n   1 │ FROM debian\n     │      ^^^^^^"},
      {"a place", {1, 1, 6, 6}, "D:1\n   1 │ FROM debian\n     │      ^"},
      {"the end of a line", {1, 1, 12, 12}, "D:1\n   1 │ FROM debian\n     │            ^"},
      {"columns beyond the line", {1, 1, 6, 99}, "D:1\n   1 │ FROM debian\n     │      ^^^^^^"},
      {"an empty line", {2, 2, 0, 0}, "D:2\n   1 │ FROM debian\n   2 │"},
      {"several lines, a blank one before kept",
       {3, 4, 0, 0},
       "D:3\n   1 │ FROM debian\n   2 │\n   3 │ RUN one \\\n     │ ^^^^^^^^^\n   4 │   two\n"
       "     │   ^^^"},
      {"several lines with columns",
       {3, 4, 5, 6},
       "D:3\n   1 │ FROM debian\n   2 │\n   3 │ RUN one \\\n     │     ^^^^^\n   4 │   two\n"
       "     │   ^^^"},
      {"a tab, and blank lines before dropped",
       {5, 5, 7, 22},
       "D:5\n   3 │ RUN one \\\n   4 │   two\n   5 │         COPY requirments.txt .\n"
       "     │              ^^^^^^^^^^^^^^^"},
      {"two-byte characters",
       {6, 6, 6, 17},
       "D:6\n   4 │   two\n   5 │         COPY requirments.txt .\n   6 │ COPY grüße.txt /x\n"
       "     │      ^^^^^^^^^"},
      {"wide characters",
       {7, 7, 6, 16},
       "D:7\n   5 │         COPY requirments.txt .\n   6 │ COPY grüße.txt /x\n   7 │ COPY 日本.txt "
       "/x\n"
       "     │      ^^^^^^^^"},
      {"control characters",
       {8, 8, 11, 13},
       "D:8\n   6 │ COPY grüße.txt /x\n   7 │ COPY 日本.txt /x\n   8 │ RUN \\x1b[31m /y\n"
       "     │              ^^"},
      {"a line that is not there", {99, 99, 0, 0}, "D:99"},
      {"no line", {}, "D"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(excerpt("D", kText, row.range) == row.shown);
  }
}

TEST_CASE("excerpt drops blank lines above and carriage returns") {
  CHECK(excerpt("D", "\r\n\r\nRUN x\r\n", {3, 3, 5, 6}) == "D:3\n   3 │ RUN x\n     │     ^");
}

TEST_CASE("excerpt makes the name safe to print") {
  CHECK(excerpt("a\x1b[2J", "FROM x", {1, 1, 1, 5}) == "a\\x1b[2J:1\n   1 │ FROM x\n     │ ^^^^");
}

TEST_CASE("excerpt leaves out what is far below") {
  std::string text = "RUN <<EOF\n";
  for (int i = 0; i < 50; ++i)
    text += "x\n";
  const std::string shown = excerpt("D", text + "EOF\n", {1, 52, 0, 0});
  CHECK(shown.ends_with("  12 │ x\n     │ ^\n     │ …"));
  CHECK(excerpt("D", text, {1, 12, 0, 0}).ends_with("  12 │ x\n     │ ^"));
}

TEST_CASE("excerpt survives any bytes and any range") {
  const std::string texts[] = {
      "", "\n", "\xFF", "\xE2\x82", "\xF0\x9F\x98\x80", std::string(3, '\0')};
  for (const std::string& text : texts) {
    for (int line = -1; line < 3; ++line) {
      for (int column = -1; column < 5; ++column) {
        for (int end = -1; end < 5; ++end)
          CHECK_FALSE(excerpt("D", text, {line, line + end, column, end}).empty());
      }
    }
  }
}
