// Opening a store.
#include "cbuild/store/store.h"

#include <doctest/doctest.h>
#include <sys/file.h>

#include <atomic>
#include <thread>

#include "cbuild/store/records.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/file_lock.h"
#include "src/store/staging.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

TEST_CASE("a new store is private and opens again") {
  const TempDirectory temp;
  {
    const Store store(temp.store());
    CHECK(store.root() == temp.store());
  }

  struct stat status {};

  REQUIRE(::stat(temp.store().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  CHECK(read_file(temp.store() + "/version") == "2\n");
  CHECK_NOTHROW(Store{temp.store()});
}

TEST_CASE("a store of another format is refused and not touched") {
  const TempDirectory temp;
  for (const char* version : {"1\n", "3\n", "", "x", "2.1", "0"}) {
    CAPTURE(version);
    remove_tree(AT_FDCWD, temp.store());
    make_directories(temp.store());
    write_file_atomically(temp.store() + "/version", version);
    CHECK_THROWS_AS(Store{temp.store()}, Error);
    CHECK(names_in(temp.store()) == std::vector<std::string>{"version"});
  }
}

TEST_CASE("a directory with other things in it is no store") {
  const TempDirectory temp;
  write_file_atomically(temp.path() + "/precious", "x");
  CHECK_THROWS_AS(Store{temp.path()}, Error);
  CHECK(names_in(temp.path()) == std::vector<std::string>{"precious"});
}

TEST_CASE("a store half made is finished") {
  const TempDirectory temp;
  make_directories(temp.store() + "/blobs");
  make_directories(temp.store() + "/snapshots/0");
  write_file_atomically(temp.store() + "/store.db", "");
  CHECK_NOTHROW(Store{temp.store()});
}

TEST_CASE("a damaged database is said to be damaged") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  ::unlink((temp.store() + "/store.db-wal").c_str());
  write_file_atomically(temp.store() + "/store.db", std::string(8192, 'x'));
  CHECK_THROWS_WITH_AS(Store{temp.store()}, doctest::Contains("store.db"), Error);
}

TEST_CASE("many processes may make the store at the same time") {
  const TempDirectory temp;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(start_child([&] {
      Store store(temp.store());
      store.records().save(RecordKind::step, oci::Digest::of("key"), "value");
    }));
  }
  for (const pid_t child : children)
    CHECK(ended_well(child));
  CHECK(Store(temp.store()).records().find(RecordKind::step, oci::Digest::of("key")) == "value");
}

TEST_CASE("opening and closing writes nothing") {
  const TempDirectory temp;
  {
    Store store(temp.store());
    store.records().save(RecordKind::step, oci::Digest::of("key"), "value");
  }
  const auto times = [&] {
    std::vector<std::int64_t> all;
    for (const char* name : {"", "/version", "/lock", "/store.db", "/store.db-wal", "/blobs",
                             "/staging", "/snapshots", "/ingest", "/locks"}) {
      struct stat status {};
      REQUIRE(::stat((temp.store() + name).c_str(), &status) == 0);
      all.push_back(status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
    }
    return all;
  };
  const auto before = times();
  {
    Store store(temp.store());
    CHECK(store.records().find(RecordKind::step, oci::Digest::of("key")) == "value");
  }
  CHECK(times() == before);
}

TEST_CASE("opening waits for a prune, and can be cancelled") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  const Fd held = open_file(temp.store() + "/lock", O_RDWR);
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  CancelToken cancel;
  std::thread waiting([&] { CHECK_THROWS_AS((Store{temp.store(), &cancel}), Interrupted); });
  cancel.cancel();
  waiting.join();
}

TEST_CASE("a sweep spares a lock that another holds under the same name") {
  const TempDirectory temp;
  const Store store(temp.store());
  // Held for a name that is taken again and again, while others sweep.
  const std::string path = temp.store() + "/locks/name";
  std::atomic<bool> over = false;
  std::thread sweeping([&] {
    while (!over)
      sweep_unheld(temp.store());
  });
  const CancelToken cancel;
  int lost = 0;
  for (int i = 0; i < 2000; ++i) {
    const NameLock held(path, "nobody", cancel);
    if (::access(path.c_str(), F_OK) != 0) ++lost;
    std::this_thread::yield();
    if (::access(path.c_str(), F_OK) != 0) ++lost;
  }
  over = true;
  sweeping.join();
  CHECK(lost == 0);
}

}  // namespace cbuild::store
