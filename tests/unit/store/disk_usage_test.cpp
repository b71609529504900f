// The room that directory trees take.
#include "src/store/disk_usage.h"

#include <doctest/doctest.h>

#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

std::uint64_t allocated(const std::string& path) {
  struct stat status {};

  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace

TEST_CASE("a tree takes what its directories and files take, and a hard link takes nothing") {
  const TempDirectory temp;
  const std::string tree = temp.path() + "/tree";
  REQUIRE(::mkdir(tree.c_str(), 0755) == 0);
  REQUIRE(::mkdir((tree + "/sub").c_str(), 0755) == 0);
  put(open_directory(tree), {"a", std::string(100000, 'a')});
  put(open_directory(tree + "/sub"), {"b", std::string(5000, 'b')});
  const std::uint64_t expected = allocated(tree) + allocated(tree + "/sub") +
                                 allocated(tree + "/a") + allocated(tree + "/sub/b");
  CHECK(disk_usage(AT_FDCWD, tree) == expected);

  REQUIRE(::link((tree + "/a").c_str(), (tree + "/sub/a").c_str()) == 0);
  CHECK(disk_usage(AT_FDCWD, tree) == expected);
  CHECK(disk_usage(AT_FDCWD, tree + "/sub") ==
        allocated(tree + "/sub") + allocated(tree + "/sub/b") + allocated(tree + "/a"));
}

TEST_CASE("the target of a symbolic link is not counted") {
  const TempDirectory temp;
  put(open_directory(temp.path()), {"file", std::string(1 << 20, 'x')});
  REQUIRE(::symlink("file", (temp.path() + "/link").c_str()) == 0);
  CHECK(disk_usage(AT_FDCWD, temp.path() + "/link") == allocated(temp.path() + "/link"));
  CHECK(disk_usage(AT_FDCWD, temp.path() + "/link") < (1 << 20));
}

TEST_CASE("a file that is not there takes nothing") {
  const TempDirectory temp;
  const Fd fd = open_directory(temp.path());
  CHECK(disk_usage(fd.get(), "nothing") == 0);
  put(fd, {"file", "content"});
  CHECK(disk_usage(fd.get(), "file") == allocated(temp.path() + "/file"));
}

}  // namespace cbuild::store
