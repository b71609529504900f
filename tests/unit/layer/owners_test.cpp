// Tests of layers whose owners are records: unpacked by a process that may not chown.
#include <doctest/doctest.h>
#include <sys/sysmacros.h>

#include <memory>
#include <string>

#include "cbuild/layer/link_owners_of.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/owner_record.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

TarHeader owned(std::string_view name, char type, std::uint64_t uid, std::uint64_t mode) {
  TarHeader header = Tar::header(name, type);
  Tar::octal(header.uid, uid);
  Tar::octal(header.gid, uid + 1);
  Tar::octal(header.mode, mode);
  return header;
}

/// A file of each kind, with owners that no process here has.
std::string layer_of_all_kinds() {
  TarHeader link = owned("dir/link", '2', 1007, 0777);
  std::memcpy(link.link.data(), "file", 4);
  TarHeader device = owned("device", '3', 0, 0666);
  Tar::octal(device.major, 1);
  Tar::octal(device.minor, 3);
  TarHeader hard = owned("hard", '1', 1007, 0777);
  std::memcpy(hard.link.data(), "dir/link", 8);
  return Tar()
      .add(device)
      .add(owned("dir", '5', 1001, 0500))
      .add(owned("dir/file", '0', 1003, 0))
      .add(link)
      .add(owned("dir/suid", '0', 1005, 04755))
      .add(owned("fifo", '6', 1009, 0600))
      .add(hard)
      .add(owned("root", '0', 0, 0644))
      .end()
      .bytes;
}

std::string canonical(const std::string& tar) {
  FileOwners owners(Ownership::recorded);
  const Tree tree;
  apply_text(tar, tree, {.owners = &owners});
  return tar_of(tree, {.owners = std::make_shared<const FileOwners>(owners)});
}

}  // namespace

TEST_CASE("owners, modes and devices of a layer come back from their records") {
  FileOwners owners(Ownership::recorded);
  const Tree tree;
  StringSource source(layer_of_all_kinds());
  const ApplyResult result = apply(source, tree.fd(), {.owners = &owners});
  CHECK(result.skipped_devices.empty());
  for (const char* name : {"dir", "dir/file", "dir/link", "dir/suid", "device", "fifo", "root"}) {
    CAPTURE(name);
    REQUIRE(tree.stat(name));
    CHECK(tree.stat(name)->st_uid == ::geteuid());
  }
  CHECK((tree.stat("dir")->st_mode & 07777) == 0700);
  CHECK((tree.stat("dir/suid")->st_mode & 07777) == 0755);
  CHECK(S_ISREG(tree.stat("device")->st_mode));

  const RootTree view = stack_of({&tree}, std::make_shared<const FileOwners>(owners));
  CHECK(view.stat("dir")->st_uid == 1001);
  CHECK(view.stat("dir")->st_gid == 1002);
  CHECK(view.stat("dir")->st_mode == (S_IFDIR | 0500));
  CHECK(view.stat("dir/file")->st_mode == S_IFREG);
  CHECK(view.stat("dir/link")->st_uid == 1007);
  CHECK(view.stat("hard")->st_gid == 1008);
  CHECK(view.stat("dir/suid")->st_mode == (S_IFREG | 04755));
  CHECK(view.stat("device")->st_mode == (S_IFCHR | 0666));
  CHECK(view.stat("device")->st_rdev == ::makedev(1, 3));
  CHECK(view.stat("fifo")->st_uid == 1009);
  CHECK(view.stat("root")->st_uid == 0);
  CHECK(view.directory("dir")->stat().st_uid == 1001);
}

TEST_CASE("the tar of a layer with records is the same as that of what it was made of") {
  const std::string once = canonical(layer_of_all_kinds());
  CHECK(canonical(once) == once);
  CHECK(once.find("user.cbuild") == std::string::npos);
  if (!is_root()) return;
  // As root on disk: the same bytes.
  const Tree tree;
  apply_text(layer_of_all_kinds(), tree);
  CHECK(tar_of(tree) == once);
}

TEST_CASE("the owners of links in a stack are those of the topmost layer") {
  const Tree top;
  const Tree bottom;
  for (const char* name : {"same", "replaced", "deleted", "given-back"})
    bottom.link(name, "x");
  top.file("replaced", "x");
  white_out(top, "deleted");
  top.link("given-back", "x");
  top.link("new", "x");
  const LinkOwners below{
      {"same", {5, 6}}, {"replaced", {5, 6}}, {"deleted", {5, 6}}, {"given-back", {5, 6}}};
  const LinkOwners above{{"new", {7, 0}}};
  std::vector<TreeDirectory::Part> parts;
  parts.push_back({std::make_shared<const Fd>(duplicate(top.fd().get())),
                   std::make_shared<const FileOwners>(Ownership::recorded, above)});
  parts.push_back({std::make_shared<const Fd>(duplicate(bottom.fd().get())),
                   std::make_shared<const FileOwners>(Ownership::recorded, below)});
  CHECK(link_owners_of(RootTree(std::move(parts))) ==
        LinkOwners{{"new", {7, 0}}, {"same", {5, 6}}});
}

TEST_CASE("an image cannot bring records of its own") {
  const Tree tree;
  apply_text(Tar()
                 .pax(Tar::record("SCHILY.xattr.user.cbuild.owner", "0:0 mode=4755") +
                      Tar::record("SCHILY.xattr.user.kept", "x"))
                 .file("f", "x")
                 .end()
                 .bytes,
             tree);
  char value[64];
  CHECK(::lgetxattr(tree.at("f").c_str(), kOwnerXattr, value, sizeof value) < 0);
  CHECK(::lgetxattr(tree.at("f").c_str(), "user.kept", value, sizeof value) == 1);
}

TEST_CASE("a step that gives a file away and back changes nothing") {
  const Tree lower;
  const Tree upper;
  for (const Tree* tree : {&lower, &upper})
    tree->file("f", "x");
  REQUIRE(::setxattr(upper.at("f").c_str(), kOwnerXattr, "0:0", 3, 0) == 0);
  const auto owners = std::make_shared<const FileOwners>(Ownership::recorded);
  drop_unchanged(upper.fd(), owners, stack_of({&lower}, owners));
  CHECK_FALSE(upper.stat("f"));

  upper.file("f", "x");
  REQUIRE(::setxattr(upper.at("f").c_str(), kOwnerXattr, "5:0", 3, 0) == 0);
  drop_unchanged(upper.fd(), owners, stack_of({&lower}, owners));
  CHECK(upper.stat("f"));
}

}  // namespace cbuild::layer
