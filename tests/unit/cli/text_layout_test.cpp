// Tables and lines of output as they come to a terminal.
#include <doctest/doctest.h>

#include "src/cli/progress_text.h"
#include "src/cli/table.h"

namespace cbuild::cli {
namespace {

TEST_CASE("tables align by cells and hold no control characters") {
  Table table({"NAME", "SIZE"});
  table.add({"日本", "1B"});
  table.add({"a\x1b[31m", "2B"});
  CHECK(table.to_text() ==
        "NAME        SIZE\n"
        "日本        1B\n"
        "a\\x1b[31m   2B\n");
}

TEST_CASE("output lines lose what a terminal would obey") {
  struct Row {
    std::string line;
    std::string shown;
  };

  const Row rows[] = {{"plain", "plain"},
                      {"\x1b[1;32mgreen\x1b[0m text", "green text"},
                      {"\x1b]0;title\atext", "text"},
                      {"\x1b]8;;http://x\x1b\\link", "link"},
                      {"\x1b]0;title\x1b[1mtext", "text"},  // ended by what follows
                      {"\x1b]0;title\x1b", ""},
                      {"\x1bP1;2|data\x1b\\text", "text"},
                      {"\x1b^private\x1b\\\x1b_app\atext", "text"},
                      {"\x1b[38:2::1:2:3mtext", "text"},
                      {"\x1b(Btext\x1b=", "text"},
                      {"10%\r20%\r30%", "30%"},
                      {"windows\r", "windows"},
                      {"\r\r", ""},
                      {"a\tb", "a       b"},
                      {"12345678\tb", "12345678        b"},
                      {"\u65e5\tb", "\u65e5      b"},  // as wide as two
                      {"ab\bc", "abc"},
                      {"bell\a", "bell\\x07"},
                      {"\x1b[2J\x1b[31", ""},
                      {"bad\xff", "bad\\xff"},
                      {"c1\u009b31m", "c1\\u{009b}31m"},
                      {"bidi\u202e", "bidi\\u{202e}"},
                      {"\x1b", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(clean_line(row.line) == row.shown);
  }
}

TEST_CASE("lines are put together from pieces, and bounded") {
  LineAssembler lines;
  CHECK(lines.feed("ab").empty());
  CHECK(lines.unfinished() == "ab");
  CHECK(lines.feed("c\nd\n\ne") == std::vector<std::string>{"abc", "d", ""});
  CHECK(lines.finish() == std::vector<std::string>{"e"});
  CHECK(lines.finish().empty());
  CHECK(lines.feed(std::string(100'000, 'x')).size() == 1);
  CHECK(lines.feed("y\n") == std::vector<std::string>{"y"});
}

TEST_CASE("a label is one line, its group before it") {
  CHECK(clean_label("  RUN a\n\tb\r\n ") == "RUN a  b");
  CHECK(clean_label("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(step_label("RUN", "") == "RUN");
  CHECK(step_label("RUN\n", "we\nb") == "we b RUN");
}

TEST_CASE("texts of many lines keep them, and end in one newline") {
  CHECK(printable_lines("a\nb\x1b\n\n\n") == "a\nb\\x1b\n");
  CHECK(printable_lines("a\n\nb") == "a\n\nb\n");
  CHECK(printable_lines("") == "\n");
}

TEST_CASE("a line of more than 16 KiB is cut where it ends, too") {
  LineAssembler lines;
  const std::string longest(16 * 1024, 'x');
  CHECK(lines.feed(longest + "y\nz\n") == std::vector<std::string>{longest, "z"});
}

TEST_CASE("a table of its heading alone has that one line") {
  CHECK(Table({"A", "B"}).to_text() == "A   B\n");
  Table empty({"A", "B"});
  empty.add({"", ""});
  CHECK(empty.to_text() == "A   B\n    \n");
}

}  // namespace
}  // namespace cbuild::cli
