// Parts of paths.
#include "cbuild/util/path.h"

#include <doctest/doctest.h>

namespace cbuild {

TEST_CASE("a path has a parent, a directory and a last component") {
  struct Row {
    const char* path;
    const char* parent;
    const char* directory;
    const char* last;
  };

  for (const Row& row : {
           Row{"a/b/c", "a/b", "a/b", "c"},
           {"/a/b", "/a", "/a", "b"},
           {"/a", "/", "/", "a"},
           {"/", "/", "/", ""},
           {"a", "", ".", "a"},
           {"", "", ".", ""},
           {"a/", "a", "a", ""},
       }) {
    CAPTURE(row.path);
    CHECK(parent_of(row.path) == row.parent);
    CHECK(directory_of(row.path) == row.directory);
    CHECK(last_component(row.path) == row.last);
  }
}

}  // namespace cbuild
