// Metadata through descriptors, of all kinds of files.
#include "cbuild/util/file_metadata.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/xattr.h"

namespace cbuild {

namespace {

/// A directory with a file that nobody may touch, and one of each kind beside it.
struct Files {
  Files() {
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    directory = open_directory(path);
    write_file_atomically(path + "/canary", "", 0600);
    write_file_atomically(path + "/file", "", 0600);
    REQUIRE(::mkdirat(directory.get(), "directory", 0700) == 0);
    REQUIRE(::mkfifoat(directory.get(), "fifo", 0600) == 0);
    REQUIRE(::symlinkat((path + "/canary").c_str(), directory.get(), "link") == 0);
  }

  ~Files() { remove_tree(AT_FDCWD, path); }

  struct stat look(const char* name) const {
    struct stat status {};

    REQUIRE(::fstatat(directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0);
    return status;
  }

  std::string path = "/tmp/cbuild-metadata-XXXXXX";
  Fd directory;
};

}  // namespace

TEST_CASE("mode and times are set on what an O_PATH descriptor is of") {
  const Files files;
  for (const char* name : {"file", "directory", "fifo"}) {
    CAPTURE(name);
    const Fd itself = open_itself(files.directory, name);
    set_owner(itself, ::geteuid(), ::getegid());
    set_mode(itself, 0100000 | 02751);
    set_times(itself, {5, 0}, {6, 7});
    CHECK((files.look(name).st_mode & 07777U) == 02751);
    CHECK(files.look(name).st_mtim.tv_sec == 6);
    CHECK(files.look(name).st_mtim.tv_nsec == 7);
  }
}

TEST_CASE("a file that was swapped for a link keeps its descriptor") {
  const Files files;
  const Fd itself = open_itself(files.directory, "file");
  REQUIRE(::renameat2(files.directory.get(), "file", files.directory.get(), "link",
                      RENAME_EXCHANGE) == 0);
  set_mode(itself, 0777);
  CHECK((files.look("canary").st_mode & 07777U) == 0600);
  CHECK((files.look("link").st_mode & 07777U) == 0777);  // which is the file now
}

TEST_CASE("a link is set itself, and has no mode") {
  const Files files;
  const Fd itself = open_itself(files.directory, "link");
  set_owner(itself, ::geteuid(), ::getegid());
  set_times(itself, {5, 0}, {6, 0});
  CHECK(files.look("link").st_mtim.tv_sec == 6);
  CHECK(files.look("canary").st_mtim.tv_sec != 6);
  CHECK_THROWS_AS(set_mode(itself, 0777), SysError);
  CHECK((files.look("canary").st_mode & 07777U) == 0600);
}

TEST_CASE("attributes are set on O_PATH descriptors too") {
  const Files files;
  const Fd itself = open_itself(files.directory, "file");
  if (!set_xattr(itself, {"user.key", "value"})) return;  // this file system has none
  const Fd file = open_at(files.directory.get(), "file", O_RDONLY);
  const std::vector<Xattr> xattrs = list_xattrs(file.get());
  CHECK(std::ranges::find(xattrs, Xattr{"user.key", "value"}) != xattrs.end());
}

TEST_CASE("the id that means none to chown(2) is no owner") {
  const Files files;
  const Fd itself = open_itself(files.directory, "file");
  for (const std::uint64_t id : {0xFFFF'FFFFULL, 0x1'0000'0000ULL}) {
    CHECK_THROWS_WITH_AS(set_owner(itself, id, 0), doctest::Contains("no such owner"), Error);
    CHECK_THROWS_WITH_AS(require_owner(0, id), doctest::Contains("no such owner"), Error);
  }
}

}  // namespace cbuild
