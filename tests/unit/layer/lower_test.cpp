// Tests of unpacking onto what lies below, as an archive of ADD: the same as through an overlay.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

void unpack_onto(const Tree& upper, const Tree& lower, const std::string& tar) {
  const RootTree below = stack_of({&lower});
  apply_text(tar, upper,
             {.whiteouts = ApplyOptions::Whiteouts::refuse, .keep_root = true, .lower = &below});
}

}  // namespace

TEST_CASE("an archive follows the links of what lies below, and stays inside") {
  const Tree lower;
  const Tree upper;
  lower.directory("usr");
  lower.directory("usr/lib", 0750);
  lower.set_time("usr/lib", 500);
  lower.link("lib", "usr/lib");
  lower.link("out", "../../../usr/lib");
  lower.link("dangling", "/var/run");
  unpack_onto(upper, lower,
              Tar().file("lib/a", "a").file("out/b", "b").file("dangling/c", "c").end().bytes);
  CHECK(upper.text("usr/lib/a") == "a");
  CHECK(upper.text("usr/lib/b") == "b");
  CHECK(upper.text("var/run/c") == "c");
  CHECK_FALSE(upper.stat("lib"));
  CHECK((upper.stat("usr/lib")->st_mode & 07777) == 0750);
  CHECK(upper.stat("usr/lib")->st_mtim.tv_sec == 500);
  CHECK_FALSE(lower.stat("usr/lib/a"));
}

TEST_CASE("a link of the archive leads into what lies below") {
  const Tree lower;
  const Tree upper;
  lower.directory("real", 0711);
  unpack_onto(upper, lower, Tar().symlink("l", "real").file("l/f", "x").end().bytes);
  CHECK(upper.text("real/f") == "x");
  CHECK((upper.stat("real")->st_mode & 07777) == 0711);
}

TEST_CASE("a file below is replaced, and is no directory") {
  const Tree lower;
  const Tree upper;
  lower.file("f", "old");
  lower.link("l", "f");
  unpack_onto(upper, lower, Tar().file("f", "new").file("l", "link").end().bytes);
  CHECK(upper.text("f") == "new");
  CHECK(upper.text("l") == "link");
  const Tree other;
  CHECK_THROWS_AS(unpack_onto(other, lower, Tar().file("f/x").end().bytes), Error);
  CHECK_THROWS_AS(unpack_onto(other, lower, Tar().file("l/x").end().bytes), Error);
}

TEST_CASE("a directory that takes the place of a file hides the one below") {
  const Tree lower;
  const Tree upper;
  lower.directory("d");
  lower.file("d/old", "x");
  unpack_onto(upper, lower, Tar().file("d", "").directory("d").file("d/new").end().bytes);
  CHECK_FALSE(stack_of({&upper, &lower}).stat("d/old"));
  CHECK(stack_of({&upper, &lower}).stat("d/new"));
}

TEST_CASE("a hard link through a link of the image is one to the file that the archive brought") {
  const Tree lower;
  const Tree upper;
  lower.directory("usr");
  lower.directory("usr/lib");
  lower.file("usr/lib/a", "old");
  lower.link("lib", "usr/lib");
  unpack_onto(upper, lower, Tar().file("lib/a", "new").hard_link("lib/b", "lib/a").end().bytes);
  CHECK(upper.text("usr/lib/b") == "new");
  CHECK(upper.stat("usr/lib/a")->st_ino == upper.stat("usr/lib/b")->st_ino);
}

TEST_CASE("a directory that is new here has nothing of one that a link led to") {
  const Tree lower;
  const Tree upper;
  lower.directory("usr");
  lower.directory("usr/lib");
  lower.directory("usr/lib/sub", 0700);
  lower.link("lib", "usr/lib");
  unpack_onto(upper, lower, Tar().directory("lib").file("lib/sub/f", "x").end().bytes);
  CHECK((upper.stat("lib/sub")->st_mode & 07777) == 0755);
}

TEST_CASE("a hard link to a file below is a copy with all that it says") {
  const Tree lower;
  const Tree upper;
  lower.directory("d");
  lower.file("d/f", "content", 0640);
  lower.link("to-d", "d");
  unpack_onto(upper, lower, Tar().hard_link("h", "to-d/f").end().bytes);
  CHECK(upper.text("h") == "content");
  CHECK((upper.stat("h")->st_mode & 07777) == 0640);
  CHECK(upper.stat("h")->st_mtim.tv_sec == 1000);
  CHECK(lower.stat("d/f")->st_nlink == 1);
}

}  // namespace cbuild::layer
