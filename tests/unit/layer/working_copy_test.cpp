// Tests of working copies: what is taken out is what an overlay would have.
#include "cbuild/layer/working_copy.h"

#include <doctest/doctest.h>
#include <stdio.h>

#include <memory>
#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/file_owners.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

/// A copy of what lies below, and where its changes go.
struct Scene {
  Tree below;
  Tree work;
  Tree upper;
  FileOwners owners;
  WorkingCopy copy{duplicate(work.fd().get()), std::make_shared<FileOwners>()};

  void fill() { copy.fill(stack_of({&below}), CancelToken()); }

  /// Names and contents of the layer.
  std::string changes() {
    copy.take_changes(stack_of({&below}), upper.fd(), owners);
    drop_unchanged(upper.fd(), nullptr, stack_of({&below}));
    std::string names;
    StringSink sink;
    write_tar(upper.fd(), sink, {});
    const std::string bytes = sink.take();
    for (std::size_t at = 0; at + 512 <= bytes.size() && bytes[at] != '\0';) {
      names += std::string(bytes.c_str() + at) + " ";
      at += 512 + (std::stoul(bytes.substr(at + 124, 11), nullptr, 8) + 511) / 512 * 512;
    }
    return names;
  }
};

void rename_in(const Tree& tree, const char* from, const char* to) {
  REQUIRE(::rename(tree.at(from).c_str(), tree.at(to).c_str()) == 0);
}

}  // namespace

TEST_CASE("a copy has all that is in the tree, and an unchanged one gives no layer") {
  Scene scene;
  scene.below.directory("d", 0750);
  scene.below.file("d/f", "text", 0640);
  scene.below.link("d/l", "f");
  scene.below.directory("empty");
  scene.below.set_time("d", 500);
  scene.below.set_time("d/l", 600);
  REQUIRE(::link(scene.below.at("d/f").c_str(), scene.below.at("hard").c_str()) == 0);
  scene.fill();
  CHECK(scene.work.text("d/f") == "text");
  CHECK((scene.work.stat("d/f")->st_mode & 07777) == 0640);
  CHECK((scene.work.stat("d")->st_mode & 07777) == 0750);
  CHECK(scene.work.stat("d")->st_mtim.tv_sec == 500);
  CHECK(scene.work.stat("d/l")->st_mtim.tv_sec == 600);
  CHECK(scene.work.stat("hard")->st_nlink == 1);
  CHECK(scene.changes() == "");
}

TEST_CASE("new, changed and removed files are the layer, with the directories above them") {
  Scene scene;
  for (const char* name : {"a", "b", "c", "a/deep"})
    scene.below.directory(name);
  scene.below.file("a/deep/changed", "old");
  scene.below.file("a/deep/kept", "kept");
  scene.below.file("b/removed", "x");
  scene.below.file("c/kept", "x");
  scene.fill();
  scene.work.file("a/deep/changed", "new");
  REQUIRE(::unlink(scene.work.at("b/removed").c_str()) == 0);
  scene.work.directory("n");
  scene.work.file("n/f", "x");
  CHECK(scene.changes() == "a/ a/deep/ a/deep/changed b/ b/.wh.removed n/ n/f ");
  CHECK(scene.upper.text("a/deep/changed") == "new");
}

TEST_CASE("a change without another content or time is found all the same") {
  Scene scene;
  scene.below.file("same-size", "aaa");
  scene.below.file("mode", "x");
  scene.below.file("touched", "x");
  scene.fill();
  const auto before = scene.work.stat("same-size")->st_mtim.tv_sec;
  scene.work.file("same-size", "bbb");
  scene.work.set_time("same-size", before);
  REQUIRE(::chmod(scene.work.at("mode").c_str(), 0600) == 0);
  scene.work.set_time("touched", 5000);
  scene.work.set_time("touched", 1000);
  CHECK(scene.changes() == "mode same-size ");
}

TEST_CASE("a directory in the place of another is opaque; a moved file is another one") {
  Scene scene;
  for (const char* name : {"a", "b"}) {
    scene.below.directory(name);
    scene.below.file(std::string(name) + "/f", name);
    scene.below.file(std::string(name) + "/" + name, "x");
  }
  scene.fill();
  rename_in(scene.work, "a", "t");
  rename_in(scene.work, "b", "a");
  rename_in(scene.work, "t", "b");
  CHECK(scene.changes() == "a/ a/.wh..wh..opq a/b a/f b/ b/.wh..wh..opq b/a b/f ");
  CHECK(stack_of({&scene.upper, &scene.below}).stat("a/b"));
  CHECK_FALSE(stack_of({&scene.upper, &scene.below}).stat("a/a"));

  Scene files;
  files.below.file("x", "1");
  files.below.file("y", "2");
  files.fill();
  rename_in(files.work, "x", "z");
  rename_in(files.work, "y", "x");
  CHECK(files.changes() == "x .wh.y z ");
  CHECK(files.upper.text("x") == "2");
}

TEST_CASE("a directory that is made again is another one, whatever its inode number") {
  Scene scene;
  scene.below.directory("d");
  scene.below.file("d/old", "x");
  scene.fill();
  remove_tree(scene.work.fd().get(), "d");
  scene.work.directory("d");
  scene.work.file("d/new", "x");
  CHECK(scene.changes() == "d/ d/.wh..wh..opq d/new ");
}

TEST_CASE("what a step only touched is there for the next step, and in the image") {
  Scene scene;
  scene.below.directory("d");
  scene.below.file("d/touched", "x");
  scene.fill();
  REQUIRE(::chmod(scene.work.at("d/touched").c_str(), 0600) == 0);
  REQUIRE(::chmod(scene.work.at("d/touched").c_str(), 0644) == 0);
  CHECK(scene.changes() == "");
  scene.copy.fill(stack_of({&scene.upper}), CancelToken());
  CHECK(scene.work.stat("d/touched"));
  const Tree next;
  scene.copy.take_changes(stack_of({&scene.upper, &scene.below}), next.fd(), scene.owners);
  CHECK_FALSE(next.stat("d"));
}

TEST_CASE("the mode of the root itself goes to the upper directory") {
  Scene scene;
  scene.fill();
  REQUIRE(::fchmod(scene.work.fd().get(), 0711) == 0);
  scene.changes();
  CHECK((scene.upper.stat("")->st_mode & 07777) == 0711);
}

TEST_CASE("a copy holds no device, and lacks none in the layer") {
  if (!is_root()) return;
  Scene scene;
  if (::mknod(scene.below.at("device").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) != 0) return;
  scene.fill();
  CHECK(S_ISREG(scene.work.stat("device")->st_mode));
  CHECK(scene.changes() == "");
}

TEST_CASE("types may change into each other") {
  Scene scene;
  scene.below.file("file", "x");
  scene.below.directory("dir");
  scene.below.file("dir/f", "x");
  scene.fill();
  REQUIRE(::unlink(scene.work.at("file").c_str()) == 0);
  scene.work.directory("file");
  scene.work.file("file/f", "x");
  remove_tree(scene.work.fd().get(), "dir");
  scene.work.link("dir", "file");
  CHECK(scene.changes() == "dir file/ file/f ");
}

TEST_CASE("a copy is used again: the layer brings back what was taken out") {
  Scene scene;
  scene.below.directory("d");
  scene.below.file("d/one", "1");
  scene.below.file("gone", "x");
  scene.fill();
  scene.work.file("d/two", "2");
  REQUIRE(::unlink(scene.work.at("gone").c_str()) == 0);
  CHECK(scene.changes() == "d/ d/two .wh.gone ");
  CHECK_FALSE(scene.work.stat("d/two"));
  scene.copy.fill(stack_of({&scene.upper}), CancelToken());
  CHECK(scene.work.text("d/two") == "2");
  CHECK(scene.work.text("d/one") == "1");
  CHECK_FALSE(scene.work.stat("gone"));
  scene.work.file("d/three", "3");
  const Tree next;
  scene.copy.take_changes(stack_of({&scene.upper, &scene.below}), next.fd(), scene.owners);
  drop_unchanged(next.fd(), nullptr, stack_of({&scene.upper, &scene.below}));
  CHECK(next.stat("d/three"));
  CHECK_FALSE(next.stat("d/two"));
  CHECK_FALSE(next.stat("gone"));
}

}  // namespace cbuild::layer
