// Directories and look-ups of the upper directory of a snapshot.
#include "src/ops/upper.h"

#include <doctest/doctest.h>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

/// An upper directory above what a view shows.
struct Fixture {
  TempTree written;
  TempTree below;
  layer::RootTree view = layer::tree_of(below);
  FileOwners owners;
  Upper upper{written.fd(), owners, view};

  bool make(const std::string& path, mode_t mode = 0750) {
    return upper.make_directory(path, {own_ids(), mode});
  }

  mode_t mode(const std::string& name) const {
    const auto status = written.stat(name);
    REQUIRE(status);
    return status->st_mode & 07777;
  }
};

}  // namespace

TEST_CASE("new directories get the look that is asked for, their parents too") {
  Fixture fixture;
  CHECK(fixture.make("/a/b/c"));
  CHECK(fixture.mode("a") == 0750);
  CHECK(fixture.mode("a/b/c") == 0750);
  CHECK_FALSE(fixture.make("/a/b", 0700));  // is there by now
  CHECK(fixture.mode("a/b") == 0750);
  CHECK(fixture.make("/a/d", 01777));
  CHECK(fixture.mode("a/d") == 01777);
  CHECK_FALSE(fixture.make("/"));
}

TEST_CASE("directories of the view are copied up as they are") {
  Fixture fixture;
  fixture.below.directory("a", 0711);
  fixture.below.directory("a/b", 0700);
  fixture.below.set_time("a/b", 1234);
  CHECK_FALSE(fixture.make("/a/b"));
  CHECK(fixture.mode("a") == 0711);
  CHECK(fixture.mode("a/b") == 0700);
  CHECK(fixture.written.stat("a/b")->st_mtime == 1234);
  CHECK(fixture.make("/a/b/new"));
  CHECK_FALSE(fixture.below.stat("a/b/new"));  // nothing is written below
}

TEST_CASE("a file is in the way of a directory, and a directory in the way of a file") {
  Fixture fixture;
  fixture.below.file("image", "");
  fixture.below.directory("directory");
  fixture.below.link("link", "directory");
  fixture.written.file("own", "");
  const auto make = [&](const std::string& path) { return error_of([&] { fixture.make(path); }); };
  CHECK(make("/image/a") == "cannot copy to non-directory: /image is a file of the image");
  CHECK(make("/own/a") == "cannot copy to non-directory: /own");
  CHECK(make("/link") == "cannot copy to non-directory: /link is a file of the image");

  const auto way = [&](const std::string& path) {
    return error_of([&] { fixture.upper.make_way(path); });
  };
  CHECK(way("/directory") == "cannot replace to directory /directory with file");
  CHECK(way("/image") == "");
  CHECK(way("/link") == "");  // itself is replaced, not what it leads to
  CHECK(way("/nothing") == "");
  fixture.make("/made/inner");
  CHECK(way("/made/inner") == "cannot replace to directory /made/inner with file");
  CHECK(way("/made/other") == "");
  CHECK_THROWS_AS(fixture.upper.make_way("/made"), InTheWay);
}

TEST_CASE("what was written stands before what lies below") {
  Fixture fixture;
  fixture.below.file("a", "below");
  fixture.below.link("b", "a");
  CHECK(fixture.upper.find("/a")->st_size == 5);
  fixture.written.file("a", "written");
  CHECK(fixture.upper.find("/a")->st_size == 7);
  CHECK(S_ISLNK(fixture.upper.find("/b")->st_mode));
  CHECK_FALSE(fixture.upper.find("/c"));
  CHECK(S_ISDIR(fixture.upper.find("/")->st_mode));
}

TEST_CASE("links of the view are followed within it") {
  Fixture fixture;
  fixture.below.directory("real");
  fixture.below.link("link", "/real");
  fixture.below.link("climbs", "../../../real");
  CHECK(fixture.upper.resolve("/link/a") == "/real/a");
  CHECK(fixture.upper.resolve("/climbs") == "/real");
  CHECK(fixture.upper.resolve("/new/a") == "/new/a");
  CHECK(Upper::relative("/") == ".");
  CHECK(Upper::relative("/a/b") == "a/b");
}

TEST_CASE("what an archive changed is looked at anew") {
  Fixture fixture;
  fixture.make("/a/b");
  remove_tree(fixture.written.fd().get(), "a");
  fixture.written.file("a", "of the archive");
  CHECK_NOTHROW(fixture.make("/a/b"));  // remembered
  fixture.upper.forget();
  CHECK_THROWS_AS(fixture.make("/a/b"), InTheWay);
}

}  // namespace cbuild::ops
