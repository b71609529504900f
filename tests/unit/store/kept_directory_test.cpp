// The content directory of caches and volumes, and drafts.
#include "cbuild/store/kept_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cbuild/store/kept_data.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/rootfs_path.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

/// A cache that two processes have open.
struct Fixture {
  KeptDirectory open() {
    return kept.open({KeptKind::cache_mount, "c"}, LockMode::shared, "nobody", CancelToken());
  }

  KeptData make_kept() const {
    make_directories(temp.store() + "/locks", 0700);
    return KeptData(temp.store());
  }

  TempDirectory temp;
  KeptData kept = make_kept();
  KeptDirectory cache = open();
  KeptDirectory other = open();
};

ino_t inode(const Fd& fd) {
  struct stat status {};

  REQUIRE(::fstat(fd.get(), &status) == 0);
  return status.st_ino;
}

void make(const Fd& draft, const std::string& name = "made") {
  REQUIRE(::mkdirat(draft.get(), name.c_str(), 0755) == 0);
}

}  // namespace

TEST_CASE("content is made once, and everybody gets the same") {
  Fixture fixture;
  int made = 0;
  const auto fill = [&](const Fd& draft) {
    ++made;
    make(draft);
  };
  const Fd first = fixture.cache.open_content(fill);
  const Fd second = fixture.other.open_content(fill);
  CHECK(made == 1);
  CHECK(inode(first) == inode(second));
  CHECK(names_in(fixture.cache.path()) == std::vector<std::string>{"data"});
}

TEST_CASE("of two who make the same directory one wins, and nothing of the other stays") {
  Fixture fixture;
  Fd first;
  const Fd second = fixture.other.open_content([&](const Fd& draft) {
    make(draft);
    first = fixture.cache.open_content([](const Fd& faster) { make(faster); });
  });
  CHECK(inode(first) == inode(second));
  CHECK(names_in(fixture.cache.path()) == std::vector<std::string>{"data"});
}

TEST_CASE("a draft is complete or nothing: one directory, made without an error") {
  Fixture fixture;
  CHECK_THROWS_AS(fixture.cache.open_content([](const Fd&) {}), Error);
  CHECK_THROWS_AS(fixture.cache.open_content([](const Fd& draft) {
    make(draft, "one");
    make(draft, "two");
  }),
                  Error);
  CHECK_THROWS_AS(fixture.cache.open_content([](const Fd& draft) {
    make(draft);
    throw Error("no");
  }),
                  Error);
  CHECK(names_in(fixture.cache.path()).empty());
}

TEST_CASE(
    "drafts of killed processes are removed with the next one, those of living ones are not") {
  Fixture fixture;
  make_directories(fixture.cache.path() + "/new-0123/tree/deep");
  make_directories(fixture.cache.path() + "/new-held");
  const Fd held = open_directory(fixture.cache.path() + "/new-held");
  REQUIRE(try_lock(held, LockMode::exclusive));
  fixture.cache.open_content([](const Fd& draft) { make(draft); });
  CHECK(names_in(fixture.cache.path()) == std::vector<std::string>{"data", "new-held"});
}

TEST_CASE("a link in the content is not followed") {
  Fixture fixture;
  make_directories(fixture.temp.path() + "/canary");
  const Fd content = fixture.cache.open_content([](const Fd& draft) { make(draft); });
  REQUIRE(::symlinkat((fixture.temp.path() + "/canary").c_str(), content.get(), "link") == 0);
  CHECK_THROWS_AS(fixture.cache.open_or_make(content, "link", [](const Fd& draft) { make(draft); }),
                  SysError);
  CHECK(names_in(fixture.temp.path() + "/canary").empty());
}

TEST_CASE("a cleared directory is empty and keeps its lock") {
  Fixture fixture;
  fixture.cache.open_content([](const Fd& draft) { make(draft, "with\nname"); });
  fixture.cache.clear();
  CHECK(names_in(fixture.cache.path()).empty());
  CHECK_FALSE(fixture.kept.remove({KeptKind::cache_mount, "c"}));
}

TEST_CASE("a sweep leaves the content, and takes what killed processes left beside it") {
  const TempDirectory temp;
  KeptData kept(temp.store());
  const std::string cache = temp.store() + "/cache-mounts/abc";
  const std::string volume = temp.store() + "/volumes/v";
  for (const std::string& entry : {cache, volume}) {
    make_directories(entry + "/data/new-of-a-step");
    make_directories(entry + "/0123456789abcdef/tree");
  }
  const std::string contexts = temp.store() + "/contexts";
  make_directories(contexts);
  write_file_atomically(contexts + "/abc", "x");
  write_file_atomically(contexts + "/abc.Xy12aB", "x");
  kept.sweep();
  CHECK(names_in(cache) == std::vector<std::string>{"data"});
  CHECK(names_in(volume) == std::vector<std::string>{"data"});
  CHECK(names_in(cache + "/data") == std::vector<std::string>{"new-of-a-step"});
  CHECK(names_in(contexts) == std::vector<std::string>{"abc"});
}

}  // namespace cbuild::store
