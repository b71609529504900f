// Which layer directories are believed: after power loss, after damage.
#include "src/store/layer_trust.h"

#include <doctest/doctest.h>
#include <sys/xattr.h>

#include "cbuild/layer/opaque.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/images.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/string_stream.h"
#include "src/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

void execute(const Store& store, std::string_view sql) {
  Database database(store.root() + "/store.db");
  database.run(sql);
}

/// As if the machine had been started anew since all was written.
void reboot(const Store& store) {
  execute(store, "UPDATE snapshots SET boot_id = 'another'");
}

std::int64_t number(const Store& store, std::string_view sql) {
  Database database(store.root() + "/store.db");
  Query query = database.query(sql);
  query.next();
  return query.integer(0);
}

std::string tar_of(Store& store, const Snapshot& layer) {
  StringSink tar;
  store.snapshots().write_tar(layer.chain_id, tar, std::nullopt, CancelToken());
  return tar.take();
}

void damage(const Store& store, int directory, const char* name) {
  const Fd fd = open_file(fmt::format("{}/snapshots/{}/{}", store.root(), directory, name),
                          O_WRONLY | O_TRUNC);
  write_all(fd.get(), as_bytes("other"), name);
}

}  // namespace

TEST_CASE("a layer that was not synced is unknown after the next boot") {
  const TempDirectory temp;
  std::optional<Snapshot> base;
  std::optional<Snapshot> top;
  {
    Store store(temp.store());
    base = make_layer(store, std::nullopt, {{"file", "content"}});
    top = make_layer(store, base->chain_id, {{"other", "content"}});
    CHECK(store.snapshots().is_usable(top->chain_id));
    reboot(store);
  }
  Store store(temp.store());
  CHECK_FALSE(store.snapshots().is_usable(base->chain_id));
  CHECK_FALSE(store.snapshots().is_usable(top->chain_id));
  CHECK_FALSE(store.snapshots().find_by_diff_id(base->diff_id));
  CHECK_THROWS_WITH_AS(store.snapshots().view(top->chain_id), doctest::Contains("not unpacked"),
                       Error);

  // Made again, it counts again, and what stood on it does too.
  make_layer(store, std::nullopt, {{"file", "content"}});
  make_layer(store, base->chain_id, {{"other", "content"}});
  CHECK(store.snapshots().is_usable(top->chain_id));
}

TEST_CASE("what was not synced under this boot is believed") {
  const TempDirectory temp;
  const Snapshot layer = [&] {
    Store store(temp.store());
    return make_layer(store, std::nullopt, {{"file", "content"}});
  }();
  CHECK(Store(temp.store()).snapshots().is_usable(layer.chain_id));
}

TEST_CASE("an image and a name are given when the layers are on disk") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot base = make_layer(store, std::nullopt, {{"file", "content"}});
  CHECK(number(store, "SELECT count(*) FROM snapshots WHERE synced") == 0);
  const oci::Digest id = make_image(store, {base});
  CHECK(number(store, "SELECT count(*) FROM snapshots WHERE synced") == 1);

  const Snapshot top = make_layer(store, base.chain_id, {{"other", "content"}});
  store.images().tag(oci::Reference::parse("app"), id);
  CHECK(number(store, "SELECT count(*) FROM snapshots WHERE synced") == 2);
  reboot(store);
  CHECK(Store(temp.store()).snapshots().is_usable(top.chain_id));
}

TEST_CASE("large layers are synced, too") {
  const TempDirectory temp;
  Store store(temp.store());
  std::vector<TestFile> files;
  for (int i = 0; i < 1000; ++i)
    files.push_back({fmt::format("file-{}", i), "content"});
  make_layer(store, std::nullopt, files);
  store.snapshots().sync();
  CHECK(number(store, "SELECT count(*) FROM snapshots WHERE NOT synced") == 0);
}

TEST_CASE("a layer that shares a directory is lost with it") {
  const TempDirectory temp;
  std::optional<Snapshot> base;
  std::optional<Snapshot> shared;
  {
    Store store(temp.store());
    base = make_layer(store, std::nullopt, {{"base", "content"}});
    store.snapshots().sync();
    const Snapshot linked = make_layer(store, std::nullopt, {{"linked", "content"}});
    shared = store.snapshots().rebase(linked.chain_id, base->chain_id);
    CHECK(store.snapshots().is_usable(shared->chain_id));
    reboot(store);
  }
  Store store(temp.store());
  CHECK(store.snapshots().is_usable(base->chain_id));
  CHECK_FALSE(store.snapshots().is_usable(shared->chain_id));
}

TEST_CASE("a damaged layer is told, taken out of use, and made again") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot layer = make_layer(store, std::nullopt, {{"file", "content"}});
  const std::string whole = tar_of(store, layer);
  damage(store, 1, "file");
  CHECK_THROWS_WITH_AS(tar_of(store, layer), doctest::Contains("is damaged"), Error);
  CHECK_FALSE(store.snapshots().is_usable(layer.chain_id));
  CHECK_FALSE(
      store.blobs().has({std::string(oci::media_type::kLayer), layer.diff_id, layer.size, {}, {}}));

  make_layer(store, std::nullopt, {{"file", "content"}});
  CHECK(store.snapshots().is_usable(layer.chain_id));
  CHECK(tar_of(store, layer) == whole);
}

TEST_CASE("a directory that is gone is noticed before it is mounted") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot base = make_layer(store, std::nullopt, {{"file", "content"}});
  const Snapshot top = make_layer(store, base.chain_id, {{"other", "content"}});
  remove_tree(AT_FDCWD, temp.store() + "/snapshots/1");
  SUBCASE("by a look-up") {
    CHECK_FALSE(store.snapshots().is_usable(top.chain_id));
  }
  SUBCASE("by a view") {
    CHECK_THROWS_WITH_AS(store.snapshots().view(top.chain_id),
                         doctest::Contains("its directory is gone"), Error);
    CHECK_FALSE(store.snapshots().is_usable(top.chain_id));
  }
  SUBCASE("by its tar") {
    CHECK_THROWS_WITH_AS(tar_of(store, base), doctest::Contains("its directory is gone"), Error);
  }
  make_layer(store, std::nullopt, {{"file", "content"}});
  CHECK(store.snapshots().is_usable(top.chain_id));
}

TEST_CASE("a commit that doubts an equal layer takes its place") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot layer = make_layer(store, std::nullopt, {{"file", "content"}});
  damage(store, 1, "file");
  ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
  put(active.upper(), {"file", "content"});
  std::move(active).commit(CancelToken(), IfEqual::replace);
  CHECK(read_file(temp.store() + "/snapshots/2/file") == "content");
  CHECK_NOTHROW(tar_of(store, layer));

  // Somebody may have the old one mounted: it goes with a prune, not with a sweep.
  store.snapshots().sweep();
  CHECK(read_file(temp.store() + "/snapshots/1/file") == "other");
  store.prune({}, CancelToken());
  CHECK(names_in(temp.store() + "/snapshots") == std::vector<std::string>{"0"});
}

TEST_CASE("nothing below an opaque root is shown") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot base = make_layer(store, std::nullopt, {{"hidden", "content"}});
  ActiveSnapshot active = store.snapshots().prepare(base.chain_id);
  put(active.upper(), {"shown", "content"});
  REQUIRE(::fsetxattr(active.upper().get(), layer::kOpaqueXattr, "y", 1, 0) == 0);
  const Snapshot opaque = std::move(active).commit(CancelToken());
  const Snapshot top = make_layer(store, opaque.chain_id, {{"top", "content"}});
  CHECK(store.snapshots().view(top.chain_id).lower == std::vector<std::string>{"3", "2"});
  CHECK(store.snapshots().prepare(top.chain_id).mount().lower ==
        std::vector<std::string>{"3", "2"});
}

}  // namespace cbuild::store
