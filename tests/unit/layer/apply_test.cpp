// Tests of unpacking: what a well-meant tar comes to.
#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/string_stream.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

std::string xattr(const Tree& tree, std::string_view name, const char* key) {
  char value[256];
  const ssize_t size = ::lgetxattr(tree.at(name).c_str(), key, value, sizeof value);
  return size < 0 ? "" : std::string(value, static_cast<std::size_t>(size));
}

bool is_whiteout(const Tree& tree, std::string_view name) {
  const auto status = tree.stat(name);
  return status && S_ISCHR(status->st_mode) && status->st_rdev == 0;
}

ApplyOptions archive() {
  return {.whiteouts = ApplyOptions::Whiteouts::refuse};
}

ApplyOptions keeping_root() {
  return {.whiteouts = ApplyOptions::Whiteouts::refuse, .keep_root = true};
}

}  // namespace

TEST_CASE("files, directories and links are made with their modes and times") {
  const Tree tree;
  TarHeader setuid = Tar::header("d/s", '0', 3);
  Tar::octal(setuid.mode, 04755);
  TarHeader root = Tar::header("./", '5');
  Tar::octal(root.mtime, 77);
  Tar tar;
  tar.add(root).directory("d/").file("./d/f", "hello").add(setuid, "abc");
  tar.symlink("d/l", "f").hard_link("d/h", "d/f").add(Tar::header("d/p", '6'));
  const ApplyResult result = apply_text(tar.end().bytes, tree);
  CHECK(result.entries == 7);
  CHECK(result.bytes == 8);
  CHECK(tree.text("d/f") == "hello");
  CHECK(tree.stat("d/f")->st_mtim.tv_sec == 1000);
  CHECK(tree.stat("d/f")->st_ino == tree.stat("d/h")->st_ino);
  CHECK((tree.stat("d/s")->st_mode & 07777) == 04755);
  CHECK(read_link(AT_FDCWD, tree.at("d/l")) == "f");
  CHECK(tree.stat("d/l")->st_mtim.tv_sec == 1000);
  CHECK(S_ISFIFO(tree.stat("d/p")->st_mode));
  CHECK(tree.stat("d")->st_mtim.tv_sec == 1000);
  CHECK(tree.stat("")->st_mtim.tv_sec == 77);
}

TEST_CASE("directories keep their times when more is put into them later") {
  const Tree tree;
  Tar tar;
  for (int i = 0; i < 100; ++i)
    tar.directory("d" + std::to_string(i));
  for (int i = 0; i < 100; ++i)
    tar.file("d" + std::to_string(i) + "/f");
  tar.symlink("alias", "d7").file("alias/a").file("d7/b").file("alias/c");
  apply_text(tar.end().bytes, tree);
  for (int i = 0; i < 100; ++i)
    CHECK(tree.stat("d" + std::to_string(i))->st_mtim.tv_sec == 1000);
  CHECK(tree.stat("d7/c"));
}

TEST_CASE("missing parents are made, as the directory below where there is one") {
  const Tree tree;
  const Tree lower;
  lower.directory("tmp", 01777);
  lower.set_time("tmp", 500);
  const RootTree below = stack_of({&lower});
  apply_text(Tar().file("a/b/f").file("tmp/x/y").end().bytes, tree, {.lower = &below});
  CHECK((tree.stat("a")->st_mode & 07777) == 0755);
  CHECK(tree.stat("a")->st_mtim.tv_sec == 1000);
  CHECK((tree.stat("tmp")->st_mode & 07777) == 01777);
  CHECK(tree.stat("tmp")->st_mtim.tv_sec == 500);
  CHECK((tree.stat("tmp/x")->st_mode & 07777) == 0755);
}

TEST_CASE("what is there is replaced, directories are merged") {
  const Tree tree;
  tree.directory("d");
  tree.file("d/kept", "k");
  tree.file("f", "old");
  tree.directory("gone");
  tree.file("gone/x", "");
  tree.file("target", "t");
  tree.link("l", "target");
  Tar tar;
  tar.directory("d").file("d/new").file("f", "new").file("gone", "file").file("l", "file");
  apply_text(tar.end().bytes, tree, archive());
  CHECK(tree.text("d/kept") == "k");
  CHECK(tree.text("f") == "new");
  CHECK(tree.text("gone") == "file");
  CHECK(tree.text("l") == "file");
  CHECK(tree.text("target") == "t");
}

TEST_CASE("the root stays as it is where that is asked for") {
  const Tree tree;
  const auto before = tree.stat("");
  TarHeader root = Tar::header("./", '5');
  Tar::octal(root.mode, 0111);
  Tar::octal(root.uid, 1);
  apply_text(Tar().add(root).file("./f").end().bytes, tree, keeping_root());
  CHECK(tree.stat("")->st_mode == before->st_mode);
  CHECK(tree.stat("")->st_uid == before->st_uid);
  CHECK(tree.stat("f"));
}

TEST_CASE("a directory replaces a link, whatever that points to") {
  const Tree tree;
  tree.directory("usr");
  tree.directory("usr/lib", 0700);
  tree.file("usr/lib/kept", "k");
  tree.link("lib", "usr/lib");
  tree.file("f", "f");
  tree.link("to-file", "f");
  Tar tar;
  tar.directory("lib").file("lib/new").directory("to-file").file("to-file/inner");
  apply_text(tar.end().bytes, tree, archive());
  CHECK(S_ISDIR(tree.stat("lib")->st_mode));
  CHECK(tree.text("lib/new") == "");
  CHECK(tree.stat("to-file/inner"));
  CHECK(tree.text("f") == "f");
  CHECK(tree.text("usr/lib/kept") == "k");
  CHECK_FALSE(tree.stat("usr/lib/new"));
}

TEST_CASE("whiteouts become what overlayfs understands") {
  const Tree tree;
  Tar tar;
  tar.directory("d").file("d/.wh.gone").file(".wh.also").file("d/.wh..wh..opq");
  tar.file(".wh..wh.plnk/1.2").file("d/.wh..wh.aufs").file("new/.wh..wh..opq");
  apply_text(tar.end().bytes, tree);
  CHECK(is_whiteout(tree, "d/gone"));
  CHECK(is_whiteout(tree, "also"));
  CHECK(xattr(tree, "d", "user.overlay.opaque") == "y");
  CHECK(xattr(tree, "new", "user.overlay.opaque") == "y");
  CHECK_FALSE(tree.stat("d/.wh.gone"));
  CHECK_FALSE(tree.stat(".wh..wh.plnk"));
  CHECK(tree.stat("d")->st_mtim.tv_sec == 1000);
}

TEST_CASE("a whiteout deletes what the layer put there before") {
  const Tree tree;
  Tar tar;
  tar.file("f").file(".wh.f").directory("d").file("d/x").file(".wh.d");
  apply_text(tar.end().bytes, tree);
  CHECK(is_whiteout(tree, "f"));
  CHECK(is_whiteout(tree, "d"));
}

TEST_CASE("what comes after a whiteout replaces it, a directory hides what lies below") {
  const Tree tree;
  Tar tar;
  tar.file(".wh.f").file("f", "new").file(".wh.d").directory("d").file("d/x");
  tar.file(".wh.e").file("e/x").file("g").directory("g").directory("h").directory("h");
  apply_text(tar.end().bytes, tree);
  CHECK(tree.text("f") == "new");
  CHECK(tree.stat("d/x"));
  CHECK(xattr(tree, "d", "user.overlay.opaque") == "y");
  CHECK(tree.stat("e/x"));
  CHECK(xattr(tree, "e", "user.overlay.opaque") == "y");
  CHECK(xattr(tree, "g", "user.overlay.opaque") == "y");
  CHECK(xattr(tree, "h", "user.overlay.opaque").empty());
}

TEST_CASE("an archive with whiteouts is refused") {
  for (const std::string name : {".wh.x", "a/.wh.x", ".wh..wh..opq", ".wh.d/x", ".wh..wh.aufs"}) {
    const Tree tree;
    CAPTURE(name);
    CHECK_THROWS_AS(apply_text(Tar().file(name).end().bytes, tree, archive()), Error);
  }
}

TEST_CASE("a hard link to a file of the layers below becomes a copy") {
  const Tree tree;
  const Tree lower;
  lower.directory("d");
  lower.file("d/f", "content", 0640);
  const RootTree below = stack_of({&lower});
  apply_text(Tar().hard_link("x/h", "/d/f").end().bytes, tree, {.lower = &below});
  CHECK(tree.text("x/h") == "content");
  CHECK((tree.stat("x/h")->st_mode & 07777) == 0640);
  CHECK(lower.stat("d/f")->st_nlink == 1);
  CHECK_THROWS_AS(apply_text(Tar().hard_link("x", "d/none").end().bytes, tree, {.lower = &below}),
                  Error);
}

TEST_CASE("owners are set, or the one that is asked for") {
  if (!is_root()) return;
  const Tree tree;
  TarHeader header = Tar::header("f", '0');
  Tar::octal(header.uid, 1234);
  Tar::octal(header.gid, 5678);
  Tar::octal(header.mode, 06755);
  apply_text(Tar().add(header).end().bytes, tree);
  CHECK(tree.stat("f")->st_uid == 1234);
  CHECK(tree.stat("f")->st_gid == 5678);
  CHECK((tree.stat("f")->st_mode & 07777) == 06755);
  apply_text(Tar().add(header).symlink("l", "f").end().bytes, tree,
             {.owner = ApplyOptions::Owner{1, 2}});
  CHECK(tree.stat("f")->st_uid == 1);
  CHECK(tree.stat("l")->st_gid == 2);
}

TEST_CASE("extended attributes are carried, those of overlayfs are not") {
  const Tree tree;
  Tar tar;
  tar.pax(Tar::record("SCHILY.xattr.user.a", "1") +
          Tar::record("SCHILY.xattr.user.overlay.opaque", "y") +
          Tar::record("SCHILY.xattr.user.overlay.redirect", "/etc") +
          Tar::record("SCHILY.xattr.trusted.overlay.opaque", "y") +
          Tar::record("SCHILY.xattr.security.selinux", "label"));
  tar.directory("d");
  apply_text(tar.end().bytes, tree);
  CHECK(xattr(tree, "d", "user.a") == "1");
  CHECK(xattr(tree, "d", "user.overlay.opaque").empty());
  CHECK(xattr(tree, "d", "user.overlay.redirect").empty());
  CHECK(xattr(tree, "d", "trusted.overlay.opaque").empty());
}

TEST_CASE("a sparse file is written with its holes") {
  const Tree tree;
  Tar tar;
  tar.pax(Tar::record("GNU.sparse.size", "30000000") + Tar::record("GNU.sparse.map", "10000000,3"));
  tar.file("s", "abc");
  CHECK(apply_text(tar.end().bytes, tree).bytes == 30'000'000);
  CHECK(tree.stat("s")->st_size == 30'000'000);
  CHECK(tree.stat("s")->st_blocks < 1000);
  CHECK(tree.text("s").substr(10'000'000, 4) == std::string("abc\0", 4));
}

TEST_CASE("names of any bytes and any usual length survive") {
  const Tree tree;
  const std::string odd = "caf\xc3\xa9 \xff\n\x1b[31m";
  const std::string base(255, 'n');
  std::string deep;
  for (int i = 0; i < 50; ++i)
    deep += std::string(60, 'd') + "/";
  Tar tar;
  tar.file(odd, "1").pax(Tar::record("path", base)).file("cut", "2");
  tar.pax(Tar::record("path", deep + "f")).file("cut", "3");
  apply_text(tar.end().bytes, tree);
  CHECK(tree.text(odd) == "1");
  CHECK(tree.text(base) == "2");
  CHECK(tree.text(deep + "f") == "3");
}

TEST_CASE("the limit counts content, holes included") {
  const Tree tree;
  CHECK_NOTHROW(apply_text(Tar().file("a", "12345").end().bytes, tree, {.limit = 5}));
  CHECK_THROWS_AS(apply_text(Tar().file("b", "123456").end().bytes, tree, {.limit = 5}), Error);
  CHECK_THROWS_AS(
      apply_text(Tar().file("a", "123").file("b", "123").end().bytes, tree, {.limit = 5}), Error);
  Tar sparse;
  sparse.pax(Tar::record("GNU.sparse.size", "1000") + Tar::record("GNU.sparse.map", "0,1"));
  CHECK_THROWS_AS(apply_text(sparse.file("s", "x").end().bytes, tree, {.limit = 5}), Error);
  CHECK_THROWS_AS(apply_text(Tar().end().bytes + std::string(9999, 'x'), tree, {.limit = 5}),
                  Error);
}

TEST_CASE("unpacking stops when it is told to") {
  const Tree tree;
  CancelToken token;
  token.cancel();
  CHECK_THROWS_AS(apply_text(Tar().file("a").end().bytes, tree, {.cancel = &token}), Interrupted);
}

TEST_CASE("the stream is read to its end") {
  const Tree tree;
  StringSource bytes(Tar().file("a").end().bytes + std::string(600'000, 'x'));
  HashingSource source(bytes);
  apply(source, tree.fd(), {});
  CHECK(source.count() == 512 + 1024 + 600'000);
}

}  // namespace cbuild::layer
