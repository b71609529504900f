// Names that servers give to files.
#include "src/registry/download.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

TEST_CASE("disposition_name finds the name of the file, without its directories") {
  struct Row {
    std::string header;
    std::string name;
  };

  const Row rows[] = {
      {"attachment; filename=a.txt", "a.txt"},
      {"attachment; filename=\"a b.txt\"", "a b.txt"},
      {"attachment; FileName = \"a.txt\"; size=3", "a.txt"},
      {"attachment; filename=\"a\\\"b;c\"", "a\"b;c"},
      {"attachment; filename=plain; filename*=UTF-8''na%C3%AFve%20file", "na\xC3\xAFve file"},
      {"attachment; filename=\"../../etc/passwd\"", "passwd"},
      {"attachment; filename=\"C:\\\\temp\\\\x.exe\"", "x.exe"},
      {"attachment; filename=\"..\"", ""},
      {"attachment; filename=\"dir/\"", ""},
      {"inline", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.header);
    CHECK(disposition_name(row.header) == row.name);
  }
}

}  // namespace cbuild::registry
