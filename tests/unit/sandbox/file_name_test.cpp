// Rules of file names that a step hands to the kernel.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <string>

#include "src/sandbox/tracee.h"

namespace cbuild::sandbox {

TEST_CASE("a name is split into the directory of a new file and its last part") {
  struct Row {
    std::string path;
    std::string parent;
    std::string leaf;  ///< "" = it cannot be that of a new file
  };

  const Row rows[] = {
      {"a", ".", "a"},   {"a/b", "a/", "b"}, {"/a", "/", "a"},       {"/a//b", "/a//", "b"},
      {"a/", "a/", ""},  {"/", "/", ""},     {"..", ".", ""},        {"a/..", "a/", ""},
      {"a/.", "a/", ""}, {".", ".", ""},     {"a/...", "a/", "..."},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const FileName name{7, row.path, /*follow=*/false};
    CHECK(name.parent().path == row.parent);
    CHECK(name.parent().dirfd == 7);
    CHECK(name.parent().follow);
    CHECK(name.leaf() == row.leaf);
  }
}

}  // namespace cbuild::sandbox
