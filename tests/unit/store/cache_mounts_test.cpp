// Caches of RUN after power loss.
#include "cbuild/store/cache_mounts.h"

#include <doctest/doctest.h>
#include <sys/xattr.h>

#include "cbuild/util/file_lock.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

constexpr const char* kMark = "user.cbuild.boot";

/// A store, and a cache of it as a step opens it.
struct Fixture {
  Fixture() { make_directories(temp.store() + "/cache-mounts/c", 0700); }

  Fd open() const { return open_directory(temp.store() + "/cache-mounts/c"); }

  bool is_marked() const { return ::fgetxattr(open().get(), kMark, nullptr, 0) > 0; }

  void begin() { store.cache_mounts().begin_writing(open(), "c", CancelToken()); }

  TempDirectory temp;
  Store store{temp.store()};
};

}  // namespace

TEST_CASE("a cache is marked while it is written, and not when it is synced") {
  Fixture fixture;
  CHECK_FALSE(fixture.is_marked());
  fixture.begin();
  CHECK(fixture.is_marked());
  put(fixture.open(), {"file", "content"});
  fixture.store.cache_mounts().sync();
  CHECK_FALSE(fixture.is_marked());
  fixture.begin();
  CHECK(names_in(fixture.temp.store() + "/cache-mounts/c") == std::vector<std::string>{"file"});
}

TEST_CASE("a cache that was written under another boot begins anew") {
  Fixture fixture;
  put(fixture.open(), {"file", "content"});
  REQUIRE(::fsetxattr(fixture.open().get(), kMark, "another", 7, 0) == 0);
  fixture.begin();
  CHECK(names_in(fixture.temp.store() + "/cache-mounts/c").empty());
  // Once: the next step of this boot finds what the first one wrote.
  put(fixture.open(), {"file", "content"});
  fixture.begin();
  CHECK(names_in(fixture.temp.store() + "/cache-mounts/c").size() == 1);
}

TEST_CASE("a cache that somebody else writes to keeps its mark") {
  Fixture fixture;
  fixture.begin();
  const Fd other = fixture.open();
  REQUIRE(try_lock(other, LockMode::shared));
  fixture.store.cache_mounts().sync();
  CHECK(fixture.is_marked());
}

}  // namespace cbuild::store
