// Owners of files as records, and those of links as texts.
#include "cbuild/util/file_owners.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/owner_record.h"
#include "cbuild/util/xattr.h"
#include "tests/support/temporary_directory.h"

namespace cbuild {

namespace {

struct stat look(const FileOwners& owners, const TemporaryDirectory& in, const char* name) {
  struct stat status {};

  REQUIRE(::fstatat(in.fd().get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0);
  owners.amend(status, in.fd().get(), name, name);
  return status;
}

}  // namespace

TEST_CASE("a file given to root with an ordinary mode needs no record") {
  const TemporaryDirectory in;
  FileOwners owners(Ownership::recorded);
  const Fd file = open_file(in.at("f"), O_WRONLY | O_CREAT);
  owners.give(file, "f", {.uid = 7, .gid = 8, .mode = S_IFREG | 04711});
  CHECK(look(owners, in, "f").st_uid == 7);
  CHECK(look(owners, in, "f").st_mode == (S_IFREG | 04711));
  owners.give(file, "f", {.uid = 0, .gid = 0, .mode = S_IFREG | 0644});
  CHECK(look(owners, in, "f").st_uid == 0);
  CHECK(list_xattrs(file.get()).empty());
}

TEST_CASE("links have their owners by path, and pass them to further names") {
  const TemporaryDirectory in;
  FileOwners owners(Ownership::recorded);
  REQUIRE(::symlinkat("x", in.fd().get(), "l") == 0);
  REQUIRE(::linkat(in.fd().get(), "l", in.fd().get(), "m", 0) == 0);
  const Fd link(::openat(in.fd().get(), "l", O_PATH | O_NOFOLLOW));
  owners.give(link, "l", {.uid = 7, .gid = 8, .mode = S_IFLNK | 0777});
  owners.link("l", "m");
  CHECK(look(owners, in, "l").st_gid == 8);
  CHECK(look(owners, in, "m").st_uid == 7);
  owners.give(link, "l", {.uid = 0, .gid = 0, .mode = S_IFLNK | 0777});
  CHECK(look(owners, in, "l").st_uid == 0);
  CHECK(owners.links().size() == 1);
}

TEST_CASE("no owner is -1, recorded or not") {
  const TemporaryDirectory in;
  FileOwners owners(Ownership::recorded);
  const Fd file = open_file(in.at("f"), O_WRONLY | O_CREAT);
  CHECK_THROWS_AS(owners.give(file, "f", {.uid = 0xFFFFFFFF, .mode = S_IFREG}), Error);
}

TEST_CASE("records are no attributes of the image; a recorded capability is") {
  std::vector<Xattr> xattrs{
      {"user.a", "1"}, {"user.cbuild.capability", "c"}, {kOwnerXattr, "1:1"}, {"user.z", "2"}};
  std::vector<Xattr> foreign = xattrs;
  resolve_records(foreign, Ownership::real);
  CHECK(foreign == std::vector<Xattr>{{"user.a", "1"}, {"user.z", "2"}});
  resolve_records(xattrs, Ownership::recorded);
  CHECK(xattrs ==
        std::vector<Xattr>{{"security.capability", "c"}, {"user.a", "1"}, {"user.z", "2"}});
}

TEST_CASE("owners of links are read as they were written, whatever is in a path") {
  const LinkOwners owners{{"a", {1, 2}}, {"b:c\n1:2:3:x", {4294967294, 0}}, {"\xff", {0, 5}}};
  CHECK(parse_link_owners(to_text(owners)) == owners);
  CHECK(parse_link_owners("").empty());
  for (const char* text : {"1", "1:2", "1:2:1:", "1:2:9:a", "a:2:1:x", "-1:2:1:x", "1:2:1:xy"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_link_owners(text), Error);
  }
}

}  // namespace cbuild
