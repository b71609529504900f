// Files of our own: replaced in one step, read within limits; trees removed without a step aside.
#include "cbuild/util/fs.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "tests/support/temporary_directory.h"

namespace cbuild {

namespace {

std::vector<std::string> names_in(const Fd& directory) {
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : list_directory(directory.get()))
    names.push_back(entry.name);
  return names;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};

  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

bool is_there(const std::string& path) {
  struct stat status {};

  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("a file is replaced, and nothing is left beside it") {
  const TemporaryDirectory directory;
  for (const Durability durability : {Durability::power, Durability::none}) {
    write_file_atomically(directory.at("file"), "old", 0644, durability);
    write_file_atomically(directory.at("file"), "new", 0600, durability);
    CHECK(read_file(directory.at("file")) == "new");
    CHECK(mode_of(directory.at("file")) == 0600);
    CHECK(names_in(directory.fd()) == std::vector<std::string>{"file"});
  }
}

TEST_CASE("who has the old file open keeps it") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.at("file"), "old");
  const Fd before = open_file(directory.at("file"), O_RDONLY);
  write_file_atomically(directory.at("file"), "new");
  char text[4] = {};
  CHECK(::read(before.get(), text, 3) == 3);
  CHECK(std::string(text) == "old");
}

TEST_CASE("a file that cannot be replaced leaves no other") {
  const TemporaryDirectory directory;
  make_directories(directory.at("target/full"));
  CHECK_THROWS_AS(write_file_atomically(directory.at("target"), "text"), SysError);
  CHECK_THROWS_AS(write_file_atomically(directory.at("no/such/file"), "text"), SysError);
  CHECK(names_in(directory.fd()) == std::vector<std::string>{"target"});
}

TEST_CASE("reading has a limit, and knows absence from failure") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.at("file"), "12345");
  CHECK(read_file(directory.at("file"), 5) == "12345");
  CHECK_THROWS_WITH_AS(read_file(directory.at("file"), 4),
                       doctest::Contains("larger than the limit of 4 bytes"), Error);
  CHECK_FALSE(read_file_if_exists(directory.at("missing")).has_value());
  CHECK_FALSE(read_file_if_exists(directory.at("file/beneath")).has_value());
  CHECK_THROWS_AS(read_file(directory.at("missing")), SysError);
  CHECK_THROWS_AS(read_file_if_exists(directory.path()), Error);
}

TEST_CASE("directories are made with all above them, and stay as they are") {
  const TemporaryDirectory directory;
  make_directories(directory.at("a/b/c"), 0700);
  CHECK(mode_of(directory.at("a/b/c")) == 0700);
  REQUIRE(::chmod(directory.at("a").c_str(), 0711) == 0);
  make_directories(directory.at("a/b/c/d"), 0700);
  CHECK(mode_of(directory.at("a")) == 0711);
  write_file_atomically(directory.at("file"), "");
  CHECK_THROWS_AS(make_directories(directory.at("file/beneath")), SysError);
}

TEST_CASE("entries are sorted by bytes, without '.' and '..'") {
  const TemporaryDirectory directory;
  for (const char* name : {"b", "a", "B", "\xC3\xA4", "a.b", ".hidden"})
    write_file_atomically(directory.at(name), "");
  CHECK(names_in(directory.fd()) ==
        std::vector<std::string>{".hidden", "B", "a", "a.b", "b", "\xC3\xA4"});
}

TEST_CASE("a directory can be listed twice through one descriptor") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.at("file"), "");
  CHECK(names_in(directory.fd()).size() == 1);
  CHECK(names_in(directory.fd()).size() == 1);
}

TEST_CASE("a tree is removed, and what its links point to stays") {
  const TemporaryDirectory directory;
  make_directories(directory.at("kept/deep"));
  write_file_atomically(directory.at("kept/file"), "kept");
  make_directories(directory.at("tree/a/b"));
  write_file_atomically(directory.at("tree/a/file"), "");
  REQUIRE(::symlink(directory.at("kept").c_str(), directory.at("tree/a/link").c_str()) == 0);
  REQUIRE(::mkfifo(directory.at("tree/a/fifo").c_str(), 0600) == 0);
  remove_tree(directory.fd().get(), "tree");
  CHECK_FALSE(is_there(directory.at("tree")));
  CHECK(read_file(directory.at("kept/file")) == "kept");
}

TEST_CASE("a link that is to be removed is not followed") {
  const TemporaryDirectory directory;
  make_directories(directory.at("kept"));
  write_file_atomically(directory.at("kept/file"), "kept");
  REQUIRE(::symlink("kept", directory.at("link").c_str()) == 0);
  remove_tree(directory.fd().get(), "link");
  CHECK_FALSE(is_there(directory.at("link")));
  CHECK(is_there(directory.at("kept/file")));
}

TEST_CASE("removing mends modes, and takes what is missing as removed") {
  const TemporaryDirectory directory;
  make_directories(directory.at("tree/a/b"));
  write_file_atomically(directory.at("tree/a/b/file"), "");
  REQUIRE(::chmod(directory.at("tree/a/b").c_str(), 0) == 0);
  REQUIRE(::chmod(directory.at("tree/a").c_str(), 0500) == 0);
  remove_tree(directory.fd().get(), "tree");
  CHECK_FALSE(is_there(directory.at("tree")));
  CHECK_NOTHROW(remove_tree(directory.fd().get(), "tree"));
}

TEST_CASE("a tree deeper than the limit of descriptors is removed") {
  const TemporaryDirectory directory;
  Fd at = open_directory(directory.path());
  for (int depth = 0; depth < 3000; ++depth) {
    REQUIRE(::mkdirat(at.get(), "d", 0700) == 0);
    at = open_at(at.get(), "d", O_RDONLY | O_DIRECTORY);
  }
  at = Fd();
  remove_tree(directory.fd().get(), "d");
  CHECK_FALSE(is_there(directory.at("d")));
}

TEST_CASE("what is no character device is no ghost") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.at("file"), "");
  CHECK_FALSE(is_ghost(directory.fd().get(), "file", DT_REG));
  CHECK_FALSE(is_ghost(directory.fd().get(), "file", DT_CHR));
  CHECK(is_ghost(directory.fd().get(), "listed but not there", DT_CHR));
}

TEST_CASE("links are read, other files are none") {
  const TemporaryDirectory directory;
  const std::string target(3000, 'x');
  REQUIRE(::symlinkat(target.c_str(), directory.fd().get(), "link") == 0);
  CHECK(read_link(directory.fd().get(), "link") == target);
  write_file_atomically(directory.at("file"), "");
  CHECK_THROWS_AS(read_link(directory.fd().get(), "file"), SysError);
}

TEST_CASE("descriptors are closed on exec") {
  const TemporaryDirectory directory;
  const Fd file = open_file(directory.at("file"), O_RDWR | O_CREAT);
  for (const Fd& fd : {open_directory(directory.path()), duplicate(file.get()),
                       open_at(directory.fd().get(), "file", O_RDONLY)}) {
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("a path through a descriptor stays with the directory when that is moved") {
  const TemporaryDirectory directory;
  make_directories(directory.at("old"));
  write_file_atomically(directory.at("old/file"), "text");
  const Fd old = open_directory(directory.at("old"));
  REQUIRE(::rename(directory.at("old").c_str(), directory.at("new").c_str()) == 0);
  CHECK(read_file(fd_path(old.get(), "file")) == "text");
}

}  // namespace cbuild
