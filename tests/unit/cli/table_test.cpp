// Rows in aligned columns.
#include "src/cli/table.h"

#include <doctest/doctest.h>

namespace cbuild::cli {
namespace {

TEST_CASE("columns are as wide as their widest cell and three blanks") {
  Table table({"NAME", "ID"});
  table.add({"a", "1"});
  table.add({"longer", "22"});
  CHECK(table.to_text() ==
        "NAME     ID\n"
        "a        1\n"
        "longer   22\n");
}

TEST_CASE("rows may be shorter or longer than the heading") {
  Table table({"A", "B"});
  table.add({"only"});
  table.add({"x", "y", "further"});
  table.add({});
  CHECK(table.to_text() ==
        "A      B\n"
        "only\n"
        "x      y   further\n"
        "\n");
}

TEST_CASE("cells are made printable, and wide characters take two columns") {
  Table table({"NAME", "X"});
  table.add({"\x1b[1m", "1"});
  table.add({"\346\227\245\346\234\254", "2"});
  CHECK(table.to_text() ==
        "NAME      X\n"
        "\\x1b[1m   1\n"
        "\346\227\245\346\234\254      2\n");
}

}  // namespace
}  // namespace cbuild::cli
