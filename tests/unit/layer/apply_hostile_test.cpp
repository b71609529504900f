// Tests of unpacking: what a malicious tar must not come to. The classes are those of CVEs.
#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <string>

#include "cbuild/util/fd.h"
#include "cbuild/util/string_stream.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

/// A root beside a directory that nothing may touch.
struct Scene {
  Scene() {
    tree.directory("root");
    tree.directory("out");
    tree.file("out/canary", "alive");
    tree.set_time("out", 5);
    tree.set_time("out/canary", 5);
    root = open_directory(tree.at("root"));
    before = *tree.stat("out/canary");
  }

  /// Unpacks; true when that was not refused.
  bool unpack(Tar tar) {
    StringSource source(tar.end().bytes);
    try {
      apply(source, root, for_anyone());
      return true;
    } catch (const Error& error) {
      INFO(error.what());
      CHECK_FALSE(std::string_view(error.what()).empty());
      return false;
    }
  }

  void check_untouched() const {
    CHECK(tree.text("out/canary") == "alive");
    const struct stat now = *tree.stat("out/canary");
    CHECK(now.st_nlink == 1);
    CHECK(now.st_mode == before.st_mode);
    CHECK(now.st_uid == before.st_uid);
    CHECK(now.st_mtim.tv_sec == 5);
    CHECK(tree.stat("out")->st_mtim.tv_sec == 5);
    CHECK(list_directory(open_directory(tree.at("out")).get()).size() == 1);
    CHECK(list_directory(tree.fd().get()).size() == 2);
  }

  std::string out(std::string_view name = "") const { return tree.at("out/" + std::string(name)); }

  Tree tree;
  Fd root;

  struct stat before {};
};

}  // namespace

TEST_CASE("names lead nowhere but into the root") {
  for (const std::string name : {"../out/canary", "/../out/canary", "a/../../out/canary",
                                 "./../out/canary", "../../../../../../../../../../tmp/x", "/etc/x",
                                 "a//..//../out/canary", "a/./../../out/x"}) {
    Scene scene;
    CAPTURE(name);
    CHECK(scene.unpack(Tar().file(name, "dead")));
    CHECK(scene.unpack(Tar().pax(Tar::record("path", name)).file("x", "dead")));
    CHECK(scene.unpack(Tar().add(Tar::header("l", 'L', name.size() + 1), name + '\0').file("x")));
    scene.check_untouched();
  }
  Scene scene;
  CHECK(scene.unpack(Tar().file("/etc/x", "inside").file("../../up", "inside")));
  CHECK(scene.tree.text("root/etc/x") == "inside");
  CHECK(scene.tree.text("root/up") == "inside");
}

TEST_CASE("nothing is written through a link that leads out") {
  Scene scene;
  for (const std::string& target : {scene.out(), std::string("../out"), std::string("/../out")}) {
    CAPTURE(target);
    Tar tar;
    tar.symlink("l", target).file("l/canary", "dead");
    scene.unpack(tar);
    Tar chain;
    chain.symlink("a", target).symlink("b", "a").symlink("c", "b/.").file("c/canary", "dead");
    scene.unpack(chain);
    Tar implied;
    implied.symlink("dangling", target + "/x/y").file("dangling/z/canary", "dead");
    scene.unpack(implied);
    Tar directory;
    directory.symlink("m", target).directory("m").file("m/canary", "dead");
    CHECK(scene.unpack(directory));
    CHECK(S_ISDIR(scene.tree.stat("root/m")->st_mode));
    Tar file;
    file.symlink("n", target + "/canary").file("n", "dead");
    CHECK(scene.unpack(file));
    CHECK(S_ISREG(scene.tree.stat("root/n")->st_mode));
    scene.check_untouched();
  }
}

TEST_CASE("a link put in the place of a directory that was open is not gone around") {
  Scene scene;
  Tar tar;
  tar.directory("d").file("d/a").symlink("d", scene.out()).file("d/canary", "dead");
  scene.unpack(tar);
  scene.check_untouched();
  Tar other;
  other.directory("real").symlink("s", "real").file("s/one").symlink("s", "elsewhere");
  other.directory("elsewhere").file("s/two");
  CHECK(scene.unpack(other));
  CHECK(scene.tree.stat("root/real/one"));
  CHECK_FALSE(scene.tree.stat("root/real/two"));
  CHECK(scene.tree.stat("root/elsewhere/two"));
}

TEST_CASE("an entry may replace the link that its own path goes through") {
  Scene scene;
  CHECK(scene.unpack(Tar().symlink("s", ".").file("s/s", "x").file("s2", "y")));
  CHECK(scene.tree.text("root/s") == "x");
}

TEST_CASE("modes, owners, times and attributes do not follow links") {
  Scene scene;
  TarHeader directory = Tar::header("l", '5');
  Tar::octal(directory.mode, 0777);
  Tar tar;
  tar.directory("l").symlink("l", scene.out()).add(directory);
  CHECK(scene.unpack(tar));
  scene.check_untouched();
  Tar late;
  late.add(directory).symlink("l", scene.out("canary"));
  late.pax(Tar::record("SCHILY.xattr.user.x", "1")).symlink("x", scene.out("canary"));
  CHECK(scene.unpack(late));
  scene.check_untouched();
  CHECK(::getxattr(scene.out("canary").c_str(), "user.x", nullptr, 0) < 0);
}

TEST_CASE("hard links find their targets beneath the root only") {
  Scene scene;
  const Fd here = open_directory(".");
  REQUIRE(::chdir(scene.out().c_str()) == 0);  // "canary" is there for who looks from here
  for (const std::string& target :
       {scene.out("canary"), std::string("../out/canary"), std::string("canary"),
        std::string("/proc/self/cwd/canary"), std::string("l/canary"), std::string("."),
        std::string("later"), std::string(""), std::string("..")}) {
    CAPTURE(target);
    Tar tar;
    tar.symlink("l", scene.out()).hard_link("h", target).file("later", "dead");
    CHECK_FALSE(scene.unpack(tar));
    scene.check_untouched();
  }
  Tar link;
  link.symlink("s", scene.out("canary")).hard_link("h", "s").file("h", "dead");
  CHECK(scene.unpack(link));
  scene.check_untouched();
  REQUIRE(::fchdir(here.get()) == 0);
}

TEST_CASE("hard links to a directory, to a deletion and to itself") {
  Scene scene;
  CHECK_FALSE(scene.unpack(Tar().directory("d").hard_link("h", "d")));
  CHECK_FALSE(scene.unpack(Tar().file(".wh.w").hard_link("h", "w")));
  CHECK(scene.unpack(Tar().file("f", "x").hard_link("f", "f")));
  CHECK(scene.tree.text("root/f") == "x");
}

TEST_CASE("the root itself cannot be replaced") {
  for (const std::string name : {".", "./", "/", "..", "a/.."}) {
    for (const char type : {'0', '1', '2', '6'}) {
      Scene scene;
      CAPTURE(name);
      CHECK_FALSE(scene.unpack(Tar().link(type, name, scene.out())));
      scene.check_untouched();
    }
  }
}

TEST_CASE("whiteouts delete in the root only, and nothing by odd names") {
  for (const std::string name : {".wh.", ".wh..", ".wh...", "d/.wh...", ".wh.d/f"}) {
    Scene scene;
    CAPTURE(name);
    CHECK_FALSE(scene.unpack(Tar().directory("d").file(name)));
    scene.check_untouched();
  }
  Scene scene;
  CHECK(scene.unpack(Tar().file("../.wh.out").file("../../.wh..wh..opq")));
  scene.unpack(Tar().symlink("l", "../out").file("l/.wh.canary").file("l/.wh..wh..opq"));
  scene.check_untouched();
  char value = 0;
  CHECK(::getxattr(scene.out().c_str(), "user.overlay.opaque", &value, 1) < 0);
}

TEST_CASE("a char device 0:0 does not become a deletion") {
  const Tree tree;
  const ApplyResult result = apply_text(Tar().add(Tar::header("x", '3')).end().bytes, tree);
  CHECK_FALSE(tree.stat("x"));
  REQUIRE(result.skipped_devices.size() == 1);
  CHECK(result.skipped_devices[0] == "x");
}

TEST_CASE("devices are made, or counted as left out") {
  const Tree tree;
  TarHeader null = Tar::header("null", '3');
  Tar::octal(null.major, 1);
  Tar::octal(null.minor, 3);
  const ApplyResult result = apply_text(Tar().add(null).end().bytes, tree);
  const auto status = tree.stat("null");
  CHECK(status.has_value() != (result.skipped_devices.size() == 1));
  if (status) CHECK(status->st_rdev == ::makedev(1, 3));
}

TEST_CASE("the owner -1 is refused and not taken for root") {
  for (const std::string id : {"4294967295", "4294967296", "18446744073709551615"}) {
    for (const std::string key : {"uid", "gid"}) {
      const Tree tree;
      CAPTURE(key);
      CAPTURE(id);
      StringSource source(Tar().pax(Tar::record(key, id)).file("x").end().bytes);
      CHECK_THROWS_AS(apply(source, tree.fd(), {}), Error);
    }
  }
}

TEST_CASE("an owner that this user may not give away is an error that says so") {
  if (is_root()) return;
  const Tree tree;
  StringSource source(Tar().pax(Tar::record("uid", "12345")).file("x").end().bytes);
  CHECK_THROWS_WITH_AS(apply(source, tree.fd(), {}), doctest::Contains("subordinate IDs"), Error);
}

TEST_CASE("an error names the entry, made safe for a terminal") {
  const Tree tree;
  try {
    apply_text(Tar().hard_link("bad\x1b[31m", "none").end().bytes, tree);
    FAIL("not refused");
  } catch (const Error& error) {
    const std::string_view text = error.what();
    CHECK(text.find("bad") != std::string_view::npos);
    CHECK(text.find('\x1b') == std::string_view::npos);
  }
}

TEST_CASE("very long and very deep names are refused or contained") {
  Scene scene;
  CHECK_FALSE(scene.unpack(Tar().pax(Tar::record("path", std::string(256, 'n'))).file("x")));
  std::string deep;
  while (deep.size() < 4000)
    deep += "d/";
  CHECK(scene.unpack(Tar().pax(Tar::record("path", deep + "f")).file("x")));
  while (deep.size() < 30'000)
    deep += "d/";
  CHECK_FALSE(scene.unpack(Tar().pax(Tar::record("path", deep + "f")).file("x")));
  scene.check_untouched();
}

TEST_CASE("a file in the place of a directory is an error, not a way around") {
  Scene scene;
  CHECK_FALSE(scene.unpack(Tar().file("f").file("f/x")));
  CHECK_FALSE(scene.unpack(Tar().symlink("loop", "loop").file("loop/x")));
  CHECK_FALSE(scene.unpack(Tar().symlink("a", "b").symlink("b", "a").file("a/x")));
  scene.check_untouched();
}

}  // namespace cbuild::layer
