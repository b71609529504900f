// Directories that exports go to: whole or not at all, and merged with what is there.
#include "src/exporter/staged_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::exporter {

namespace {

void write(const std::string& path, std::string_view text) {
  make_directories(path.substr(0, path.find_last_of('/')));
  write_file_atomically(path, text);
}

bool exists(const std::string& path) {
  struct stat status {};

  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("a new directory appears when it is committed, and never otherwise") {
  const store::TempDirectory temp;
  const std::string target = temp.path() + "/deep/out";
  {
    const StagedDirectory staged(target);
    write(staged.path() + "/file", "half");
    CHECK_FALSE(exists(target));
  }
  CHECK(store::names_in(temp.path() + "/deep").empty());
  StagedDirectory staged(target + "/");
  write(staged.path() + "/file", "all");
  staged.commit({});
  CHECK(read_file(target + "/file") == "all");
  CHECK(store::names_in(temp.path() + "/deep") == std::vector<std::string>{"out"});
}

TEST_CASE("a directory that is there is merged with") {
  const store::TempDirectory temp;
  const std::string target = temp.path() + "/out";
  write(target + "/kept", "old");
  write(target + "/both/kept", "old");
  write(target + "/both/file", "old");
  write(target + "/file-to-directory", "old");
  write(target + "/directory-to-file/x", "old");
  REQUIRE(::symlink("kept", (target + "/link").c_str()) == 0);
  const auto fill = [](const StagedDirectory& staged) {
    write(staged.path() + "/both/file", "new");
    write(staged.path() + "/file-to-directory/x", "new");
    write(staged.path() + "/directory-to-file", "new");
    write(staged.path() + "/link", "new");
    REQUIRE(::chmod((staged.path() + "/both").c_str(), 0700) == 0);
  };
  SUBCASE("an abandoned export changes nothing") {
    { fill(StagedDirectory(target)); }
    CHECK(read_file(target + "/both/file") == "old");
    CHECK(store::names_in(target).size() == 5);
  }
  SUBCASE("what else is there stays") {
    {
      StagedDirectory staged(target);
      fill(staged);
      staged.commit({});
    }
    CHECK(read_file(target + "/kept") == "old");
    CHECK(read_file(target + "/both/kept") == "old");
    CHECK(read_file(target + "/both/file") == "new");
    CHECK(read_file(target + "/file-to-directory/x") == "new");
    CHECK(read_file(target + "/directory-to-file") == "new");
    CHECK(read_file(target + "/link") == "new");  // the link itself gave way
    CHECK(store::names_in(target).size() == 5);

    struct stat status {};

    REQUIRE(::stat((target + "/both").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700);
  }
  SUBCASE("or goes, when the directory is to be a mirror") {
    {
      StagedDirectory staged(target);
      fill(staged);
      staged.commit({.mirror = true});
    }
    CHECK_FALSE(exists(target + "/kept"));
    CHECK_FALSE(exists(target + "/both/kept"));
    CHECK(store::names_in(target).size() == 4);
  }
  SUBCASE("or is in the way, when nothing may be replaced") {
    StagedDirectory staged(target);
    fill(staged);
    CHECK_THROWS_AS(staged.commit({.replace = false}), Error);
  }
}

}  // namespace cbuild::exporter
