// Records of owners as texts, and what they make of stat(2).
#include "cbuild/util/owner_record.h"

#include <doctest/doctest.h>
#include <sys/sysmacros.h>

#include <string>
#include <vector>

namespace cbuild {

TEST_CASE("a record of an owner is read as it was written") {
  const std::vector<std::pair<OwnerRecord, std::string>> cases{
      {{.uid = 0, .gid = 0}, "0:0"},
      {{.uid = 1000, .gid = 4294967294}, "1000:4294967294"},
      {{.uid = 0, .gid = 42, .mode = 04755}, "0:42 mode=4755"},
      {{.uid = 0, .gid = 42, .mode = 0}, "0:42 mode=0"},
      {{.uid = 0, .gid = 6, .special = OwnerRecord::Special{S_IFBLK, 8, 1}}, "0:6 block=8:1"},
      {{.uid = 5, .gid = 6, .mode = 0640, .special = OwnerRecord::Special{S_IFCHR, 1, 3}},
       "5:6 mode=640 char=1:3"},
      {{.uid = 1, .gid = 1, .special = OwnerRecord::Special{S_IFIFO, 0, 0}}, "1:1 fifo=0:0"}};
  for (const auto& [record, text] : cases) {
    CAPTURE(text);
    CHECK(to_text(record) == text);
    CHECK(parse_owner_record(text) == record);
  }
}

TEST_CASE("what is no record of an owner is refused") {
  for (const char* text :
       {"", "0", "0:", ":0", "a:b", "-1:0", "+1:0", "0:4294967296", "0:0:0", "0:0 ", " 0:0",
        "0:0 mode=", "0:0 mode=8", "0:0 mode=10000", "0:0 mode=-1", "0:0 char=1", "0:0 socket=1:1",
        "0:0 mode", "0:0  mode=7", "0:0\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_owner_record(text).has_value());
  }
}

TEST_CASE("a record changes the owner only, unless it says more") {
  struct stat status {};

  status.st_mode = S_IFREG | 0644;
  status.st_uid = status.st_gid = 77;
  status.st_size = 5;
  amend(status, {.uid = 1, .gid = 2});
  CHECK(status.st_uid == 1);
  CHECK(status.st_gid == 2);
  CHECK(status.st_mode == (S_IFREG | 0644));
  CHECK(status.st_size == 5);
}

TEST_CASE("the mode of a record replaces the permissions and not the type") {
  struct stat status {};

  status.st_mode = S_IFDIR | 0700;
  amend(status, {.uid = 0, .gid = 0, .mode = 02050});
  CHECK(status.st_mode == (S_IFDIR | 02050));
}

TEST_CASE("a device is an empty file with a record") {
  struct stat status {};

  status.st_mode = S_IFREG | 0666;
  amend(status, {.uid = 0, .gid = 0, .special = OwnerRecord::Special{S_IFCHR, 1, 3}});
  CHECK(status.st_mode == (S_IFCHR | 0666));
  CHECK(status.st_rdev == ::makedev(1, 3));
}

TEST_CASE("root without more to say needs no record") {
  CHECK(OwnerRecord{}.is_default());
  CHECK_FALSE(OwnerRecord{.uid = 0, .gid = 1}.is_default());
  CHECK_FALSE(OwnerRecord{.uid = 0, .gid = 0, .mode = 0755}.is_default());
}

}  // namespace cbuild
