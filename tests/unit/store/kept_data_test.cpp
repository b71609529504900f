// Locks, names, sizes, last use, removal and power loss of what the store keeps for callers.
#include "cbuild/store/kept_data.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <thread>

#include "cbuild/store/kept_directory.h"
#include "cbuild/store/kept_file.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/util/cancel.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

constexpr const char* kMark = "user.cbuild.boot";
constexpr KeptKind kDirectoryKinds[] = {KeptKind::cache_mount, KeptKind::repository,
                                        KeptKind::volume};

/// Kept data of a new store.
struct Fixture {
  Fixture() { make_directories(root + "/locks", 0700); }

  KeptDirectory open(const KeptName& which, LockMode mode = LockMode::exclusive) {
    return kept.open(which, mode, "nobody", cancel);
  }

  bool is_free(const KeptName& which, LockMode mode = LockMode::exclusive) {
    return KeptData(root).try_open(which, mode, CancelToken()).has_value();
  }

  void set_last_use(const KeptName& which, std::int64_t time) const {
    const char* parent = which.kind == KeptKind::cache_mount  ? "cache-mounts"
                         : which.kind == KeptKind::repository ? "git"
                         : which.kind == KeptKind::volume     ? "volumes"
                                                              : "contexts";
    const std::string path = fmt::format("{}/{}/{}", root, parent, which.name);
    const timespec times[] = {{time, 0}, {time, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }

  TempDirectory temp;
  std::string root = temp.store();
  CancelToken cancel;
  KeptData kept{root};
};

std::vector<std::string> names_of(const KeptData& kept, KeptKind kind) {
  std::vector<std::string> names;
  for (const KeptEntry& entry : kept.list(kind))
    names.push_back(entry.name);
  return names;
}

bool is_marked(const KeptDirectory& cache) {
  return ::fgetxattr(cache.fd().get(), kMark, nullptr, 0) > 0;
}

}  // namespace

TEST_CASE("locks exclude each other as their modes say, for every kind of directory") {
  struct Row {
    LockMode first;
    LockMode second;
    bool both;
  };

  for (const KeptKind kind : kDirectoryKinds) {
    for (const Row& row : {Row{LockMode::shared, LockMode::shared, true},
                           Row{LockMode::shared, LockMode::exclusive, false},
                           Row{LockMode::exclusive, LockMode::shared, false},
                           Row{LockMode::exclusive, LockMode::exclusive, false}}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(row.first));
      CAPTURE(static_cast<int>(row.second));
      Fixture fixture;
      const KeptName which{kind, "a"};
      {
        const KeptDirectory held = fixture.open(which, row.first);
        CHECK(fixture.is_free(which, row.second) == row.both);
        CHECK(fixture.is_free({kind, "b"}, row.second));
        std::thread([&] { CHECK(fixture.is_free(which, row.second) == row.both); }).join();
        const pid_t child = start_child([&] {
          if (fixture.is_free(which, row.second) != row.both) throw Error("in another process");
        });
        CHECK(ended_well(child));
      }
      CHECK(fixture.is_free(which));
    }
  }
}

TEST_CASE("open() waits until the holder in another thread lets go, or until it is cancelled") {
  Fixture fixture;
  const KeptName which{KeptKind::repository, "r"};
  auto held = std::make_optional(fixture.open(which));
  CancelToken cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(fixture.kept.open(which, LockMode::shared, "nobody", cancelled), Interrupted);
  std::thread waiting([&] {
    const KeptDirectory next = fixture.open(which);
    put(next.fd(), {"from", "the second"});
  });
  put(held->fd(), {"from", "the first"});
  held.reset();
  waiting.join();
  CHECK(read_file(fixture.open(which).path() + "/from") == "the second");
}

TEST_CASE("the lock of a killed process is free") {
  Fixture fixture;
  const KeptName which{KeptKind::cache_mount, "c"};
  const pid_t child = start_child([&] {
    const KeptDirectory held = fixture.open(which);
    ::raise(SIGKILL);
  });
  CHECK_FALSE(ended_well(child));
  CHECK(fixture.is_free(which));
}

TEST_CASE("a name is no path") {
  Fixture fixture;
  const std::string bad[] = {"",    ".",     "..",  "../x", "a/b", "/a",  "-a",
                             "_a",  ".a",    "a b", "a\n",  "ä",   "a:b", std::string("a\0b", 3),
                             "a//", "a/../b"};
  for (const KeptKind kind :
       {KeptKind::cache_mount, KeptKind::repository, KeptKind::volume, KeptKind::context_digests}) {
    std::vector<std::string> names(std::begin(bad), std::end(bad));
    names.emplace_back(129, 'x');
    if (kind != KeptKind::volume) names.emplace_back("a.lock");
    for (const std::string& name : names) {
      CAPTURE(name);
      const KeptName which{kind, name};
      CHECK_THROWS_AS(fixture.kept.open(which, LockMode::shared, "nobody", fixture.cancel), Error);
      CHECK_THROWS_AS(fixture.kept.file(which), Error);
      CHECK_THROWS_AS(fixture.kept.size(which), Error);
      CHECK_THROWS_AS(fixture.kept.remove(which), Error);
    }
  }
  CHECK(names_in(fixture.root) == std::vector<std::string>{"locks"});
  CHECK(names_in(fixture.temp.path()) == std::vector<std::string>{"store"});
}

TEST_CASE("what is a name is the name of one entry") {
  Fixture fixture;
  for (const std::string& name :
       {std::string("a"), std::string("0"), std::string("A-b_c"), std::string(128, 'x')}) {
    for (const KeptKind kind : kDirectoryKinds) {
      fixture.open({kind, name});
      CHECK(names_of(fixture.kept, kind) == std::vector<std::string>{name});
      CHECK(fixture.kept.remove({kind, name}));
      CHECK(names_of(fixture.kept, kind).empty());
    }
  }
  fixture.open({KeptKind::volume, "db.data"});
  CHECK(names_of(fixture.kept, KeptKind::volume) == std::vector<std::string>{"db.data"});
}

TEST_CASE("an entry that is held is not removed") {
  for (const KeptKind kind : kDirectoryKinds) {
    CAPTURE(static_cast<int>(kind));
    Fixture fixture;
    const KeptName which{kind, "a"};
    for (const LockMode mode : {LockMode::shared, LockMode::exclusive}) {
      const KeptDirectory held = fixture.open(which, mode);
      put(held.fd(), {"file", "content"});
      CHECK_FALSE(fixture.kept.remove(which));
      CHECK(fixture.kept.prune(kind, 0, fixture.cancel).count == 0);
      CHECK(names_in(held.path()) == std::vector<std::string>{"file"});
    }
    CHECK(fixture.kept.remove(which));
    CHECK_FALSE(fixture.kept.remove(which));
    CHECK(names_in(fixture.open(which).path()).empty());
  }
}

TEST_CASE("removals beside opens leave every holder a directory that has its name") {
  for (const KeptKind kind : kDirectoryKinds) {
    CAPTURE(static_cast<int>(kind));
    Fixture fixture;
    const KeptName which{kind, "a"};
    std::thread remover([&] {
      KeptData other(fixture.root);
      for (int i = 0; i < 200; ++i)
        other.remove(which);
    });
    int lost = 0;
    for (int i = 0; i < 200; ++i) {
      const KeptDirectory held = fixture.open(which);

      struct stat opened {};

      struct stat named {};

      if (::fstat(held.fd().get(), &opened) != 0 || ::stat(held.path().c_str(), &named) != 0 ||
          opened.st_ino != named.st_ino) {
        ++lost;
      }
    }
    remover.join();
    CHECK(lost == 0);
  }
}

TEST_CASE("sizes count what is in an entry, and its last use is when it was opened") {
  for (const KeptKind kind : kDirectoryKinds) {
    CAPTURE(static_cast<int>(kind));
    Fixture fixture;
    const KeptName which{kind, "a"};
    CHECK(fixture.kept.size(which) == 0);
    put(fixture.open(which).fd(), {"file", std::string(100'000, 'x')});
    CHECK(fixture.kept.size(which) >= 100'000);
    CHECK(fixture.kept.size(which) < 200'000);
    fixture.open({kind, "b"});
    const Usage::Part all = fixture.kept.measure(kind);
    CHECK(all.count == 2);
    CHECK(all.bytes == fixture.kept.size(which) + fixture.kept.size({kind, "b"}));

    fixture.set_last_use(which, 1000);
    CHECK(fixture.kept.list(kind).front().last_use == 1000);
    fixture.open(which, LockMode::shared);
    CHECK(fixture.kept.list(kind).front().last_use > 1000);
  }
}

TEST_CASE("prune spares what was used since, and takes the rest") {
  for (const KeptKind kind : kDirectoryKinds) {
    CAPTURE(static_cast<int>(kind));
    Fixture fixture;
    put(fixture.open({kind, "old"}).fd(), {"file", std::string(10'000, 'x')});
    fixture.open({kind, "new"});
    fixture.set_last_use({kind, "old"}, 1000);
    fixture.set_last_use({kind, "new"}, 3000);
    const Usage::Part removed = fixture.kept.prune(kind, 2000, fixture.cancel);
    CHECK(removed.count == 1);
    CHECK(removed.bytes >= 10'000);
    CHECK(names_of(fixture.kept, kind) == std::vector<std::string>{"new"});
    CHECK(fixture.kept.prune(kind, 0, fixture.cancel).count == 1);
    CHECK(fixture.kept.measure(kind).bytes == 0);
    CancelToken cancelled;
    cancelled.cancel();
    fixture.open({kind, "a"});
    CHECK_THROWS_AS(fixture.kept.prune(kind, 0, cancelled), Interrupted);
  }
}

TEST_CASE("prune --all leaves nothing of caches, repositories and digests, and every volume") {
  const TempDirectory temp;
  Store store(temp.store());
  const CancelToken cancel;
  for (const KeptKind kind : kDirectoryKinds)
    put(store.kept().open({kind, "a"}, LockMode::shared, "nobody", cancel).fd(), {"file", "x"});
  store.kept().file({KeptKind::context_digests, "a"}).replace("x");
  store.prune({}, cancel);
  CHECK(store.usage().cache_mounts.count == 1);
  store.prune({.all = true}, cancel);
  for (const char* name : {"cache-mounts", "git", "contexts"}) {
    CAPTURE(name);
    CHECK(names_in(temp.store() + "/" + name).empty());
  }
  CHECK(names_of(store.kept(), KeptKind::volume) == std::vector<std::string>{"a"});
}

TEST_CASE("a file is replaced as a whole, and its last use is when it was read") {
  Fixture fixture;
  const KeptName which{KeptKind::context_digests, "c"};
  const KeptFile file = fixture.kept.file(which);
  CHECK_FALSE(file.read(10));
  file.replace("first");
  file.replace("second");
  CHECK(file.read(10) == "second");
  CHECK_THROWS_AS(file.read(5), Error);
  CHECK(names_of(fixture.kept, which.kind) == std::vector<std::string>{"c"});
  CHECK(fixture.kept.size(which) > 0);
  fixture.set_last_use(which, 1000);
  CHECK(file.read(10) == "second");
  CHECK(fixture.kept.list(which.kind).front().last_use > 1000);
  CHECK(fixture.kept.remove(which));
  CHECK_FALSE(fixture.kept.remove(which));
  CHECK_FALSE(file.read(10));
}

TEST_CASE("a file is not touched again within the hour of its last use") {
  Fixture fixture;
  const KeptName which{KeptKind::context_digests, "c"};
  const KeptFile file = fixture.kept.file(which);
  file.replace("content");
  const std::int64_t recent = ::time(nullptr) - 1800;
  fixture.set_last_use(which, recent);
  file.read(10);
  CHECK(fixture.kept.list(which.kind).front().last_use == recent);
}

TEST_CASE("a cache is marked while it is written, and not when it is synced") {
  Fixture fixture;
  const KeptName which{KeptKind::cache_mount, "c"};
  {
    const KeptDirectory cache = fixture.open(which);
    CHECK(is_marked(cache));
    put(cache.fd(), {"file", "content"});
    fixture.kept.sync();
    CHECK(is_marked(cache));  // its holder may still write
  }
  fixture.kept.sync();
  const Fd cache = open_directory(fixture.root + "/cache-mounts/c");
  CHECK(::fgetxattr(cache.get(), kMark, nullptr, 0) < 0);
  CHECK(names_in(fixture.open(which).path()) == std::vector<std::string>{"file"});
}

TEST_CASE("a process that opened no cache syncs none") {
  Fixture fixture;
  const KeptName which{KeptKind::cache_mount, "c"};
  fixture.open(which);
  KeptData(fixture.root).sync();
  const Fd cache = open_directory(fixture.root + "/cache-mounts/c");
  CHECK(::fgetxattr(cache.get(), kMark, nullptr, 0) > 0);
}

TEST_CASE("a cache that was written under another boot begins anew, once") {
  Fixture fixture;
  const KeptName which{KeptKind::cache_mount, "c"};
  {
    const KeptDirectory cache = fixture.open(which);
    put(cache.fd(), {"file", "content"});
    REQUIRE(::fsetxattr(cache.fd().get(), kMark, "another", 7, 0) == 0);
  }
  {
    const KeptDirectory cache = fixture.open(which, LockMode::shared);
    CHECK(names_in(cache.path()).empty());
    put(cache.fd(), {"file", "content"});
    const KeptDirectory second = fixture.open(which, LockMode::shared);
    CHECK(names_in(second.path()).size() == 1);
  }
  CHECK(names_in(fixture.open(which).path()).size() == 1);
}

TEST_CASE("only caches are cleared after another boot") {
  Fixture fixture;
  for (const KeptKind kind : {KeptKind::repository, KeptKind::volume}) {
    const KeptDirectory held = fixture.open({kind, "a"});
    put(held.fd(), {"file", "content"});
    CHECK_FALSE(is_marked(held));
    REQUIRE(::fsetxattr(held.fd().get(), kMark, "another", 7, 0) == 0);
  }
  for (const KeptKind kind : {KeptKind::repository, KeptKind::volume})
    CHECK(names_in(fixture.open({kind, "a"}).path()).size() == 1);
}

TEST_CASE("a record stays with its volume or network, sweeps or not") {
  const TempDirectory temp;
  KeptData kept(temp.path());
  for (const KeptKind kind : {KeptKind::volume, KeptKind::network}) {
    const KeptName name{kind, "my.data"};
    CHECK_FALSE(kept.contains(name));
    CHECK_FALSE(kept.record(name));
    kept.open(name, LockMode::exclusive, "test", CancelToken()).set_record("{}");
    kept.sweep();
    CHECK(kept.contains(name));
    CHECK(kept.record(name) == "{}");
    CHECK(kept.list(kind).size() == 1);
    CHECK(kept.remove(name));
    CHECK_FALSE(kept.contains(name));
  }
}

}  // namespace cbuild::store
