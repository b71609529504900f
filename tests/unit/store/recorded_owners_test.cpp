// A store whose owners are records: kept with the layers, and never mixed with real ones.
#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "cbuild/layer/root_tree.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/string_stream.h"
#include "src/store/database.h"
#include "tests/support/errors.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

/// A layer with a link and a file of owners that this process may not give anything to.
Snapshot make_owned_layer(Store& store, std::uint32_t uid = 1234) {
  ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
  put(active.upper(), {"file", "x"});
  if (::symlinkat("file", active.upper().get(), "link") != 0) throw SysError("symlink");
  const Fd file = open_itself(active.upper(), "file");
  const Fd link = open_itself(active.upper(), "link");
  active.owners()->give(file, "file", {.uid = uid, .gid = 5, .mode = S_IFREG | 04711});
  active.owners()->give(link, "link", {.uid = uid, .gid = 6, .mode = S_IFLNK | 0777});
  set_times(link, {1000, 0}, {1000, 0});
  return std::move(active).commit(CancelToken());
}

std::string tar_of(Store& store, const Snapshot& layer) {
  StringSink sink;
  store.snapshots().write_tar(layer.chain_id, sink, std::nullopt, CancelToken());
  return sink.take();
}

void check_layer(Store& store, const Snapshot& layer) {
  CHECK(store.ownership() == Ownership::recorded);
  const layer::RootTree tree = store.snapshots().tree(layer.chain_id);
  CHECK(tree.stat("file")->st_uid == 1234);
  CHECK(tree.stat("file")->st_mode == (S_IFREG | 04711));
  CHECK(tree.stat("link")->st_uid == 1234);
  CHECK(tree.stat("link")->st_gid == 6);
  CHECK_NOTHROW(tar_of(store, layer));
}

}  // namespace

TEST_CASE("recorded owners are there when the store is opened again") {
  const TempDirectory temp;
  std::optional<Snapshot> layer;
  {
    Store store(temp.store());
    CHECK(store.ownership() == Ownership::real);
    store.record_owners();
    store.record_owners();  // it is done already
    layer = make_owned_layer(store);
    check_layer(store, *layer);
  }
  Store store(temp.store());
  check_layer(store, *layer);
  CHECK(store.verify({}, CancelToken()).damages.empty());
}

TEST_CASE("other owners are another layer") {
  const TempDirectory temp;
  Store store(temp.store());
  store.record_owners();
  CHECK(make_owned_layer(store, 1).diff_id != make_owned_layer(store, 2).diff_id);
}

TEST_CASE("a layer above has the mode and the owner of the root below") {
  const TempDirectory temp;
  Store store(temp.store());
  store.record_owners();
  ActiveSnapshot base = store.snapshots().prepare(std::nullopt);
  base.owners()->give(base.upper(), "", {.uid = 7, .gid = 8, .mode = S_IFDIR | 0500});
  put(base.upper(), {"f", "x"});
  const Snapshot below = std::move(base).commit(CancelToken());
  const ActiveSnapshot above = store.snapshots().prepare(below.chain_id);

  struct stat status {};

  REQUIRE(::fstat(above.upper().get(), &status) == 0);
  above.owners()->amend(status, above.upper().get(), "", "");
  CHECK(status.st_uid == 7);
  CHECK(status.st_mode == (S_IFDIR | 0500));
}

TEST_CASE("a store with real owners does not become one with records") {
  const TempDirectory temp;
  Store store(temp.store());
  make_layer(store, std::nullopt, {{"f", "x"}});
  CHECK(holds(error_of([&] { store.record_owners(); }), "has one id only"));
  CHECK(store.ownership() == Ownership::real);
  CHECK(Store(temp.store()).ownership() == Ownership::real);
}

TEST_CASE("two that open a new store at once agree about its owners") {
  const TempDirectory temp;
  Store one(temp.store());
  Store two(temp.store());
  one.record_owners();
  const Snapshot layer = make_owned_layer(one);
  two.record_owners();
  check_layer(two, layer);
}

TEST_CASE("a layer with real owners is not published in a store that was turned meanwhile") {
  const TempDirectory temp;
  Store one(temp.store());
  ActiveSnapshot active = one.snapshots().prepare(std::nullopt);
  put(active.upper(), {"f", "x"});
  Store(temp.store()).record_owners();
  CHECK(holds(error_of([&] { std::move(active).commit(CancelToken()); }), "recorded owners"));
}

TEST_CASE("a store of an earlier cbuild lacks the column, and gets it") {
  const TempDirectory temp;
  {
    Store store(temp.store());
    Database(temp.store() + "/store.db").run("ALTER TABLE snapshots DROP COLUMN links");
  }
  Store store(temp.store());
  make_image(store, {});
  store.record_owners();
  check_layer(store, make_owned_layer(store));
}

/// A database that verify_database() finds fault with.
void damage(const std::string& store) {
  Database(store + "/store.db").run("INSERT INTO names VALUES(?, ?, ?)", "n", "", "no digest");
}

TEST_CASE("salvage keeps the owners of links") {
  const TempDirectory temp;
  std::optional<Snapshot> layer;
  {
    Store store(temp.store());
    store.record_owners();
    layer = make_owned_layer(store);
    damage(temp.store());
  }
  REQUIRE(Store::verify_database(temp.store(), /*repair=*/true, CancelToken()));
  Store store(temp.store());
  check_layer(store, *layer);
}

TEST_CASE("salvage keeps the layers of a store of an earlier cbuild") {
  const TempDirectory temp;
  std::optional<Snapshot> layer;
  {
    Store store(temp.store());
    layer = make_layer(store, std::nullopt, {{"f", "x"}});
    Database(temp.store() + "/store.db").run("ALTER TABLE snapshots DROP COLUMN links");
    damage(temp.store());
  }
  REQUIRE(Store::verify_database(temp.store(), /*repair=*/true, CancelToken()));
  CHECK(Store(temp.store()).snapshots().find(layer->chain_id));
}

}  // namespace cbuild::store
