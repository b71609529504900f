// What Store::prune() removes, and what it must not.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "cbuild/store/images.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/kept_directory.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/usage.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

/// A store with a bit of everything: "app" (base + top), an image without name on the base (old), a
/// layer of a build stage, and records of the steps.
struct Sample {
  TempDirectory temp;
  Store store{temp.store()};
  Snapshot base = make_layer(store, std::nullopt, {{"base", "1"}});
  Snapshot top = make_layer(store, base.chain_id, {{"top", "2"}});
  Snapshot old = make_layer(store, base.chain_id, {{"old", "3"}});
  Snapshot stage = make_layer(store, std::nullopt, {{"stage", std::string(100'000, '4')}});
  oci::Digest app_id = make_image(store, {base, top});
  oci::Digest old_id = make_image(store, {base, old});
  oci::Descriptor loose = oci::describe("x/y", "loose");

  Sample() {
    store.images().tag(oci::Reference::parse("app"), app_id);
    step("base", base);
    step("top", top);
    step("old", old);
    step("stage", stage);
    oci::write_blob(store.blobs(), loose, "loose");
    make_directories(temp.store() + "/staging/dead/fs");
  }

  void step(const std::string& key, const Snapshot& layer) {
    store.records().save(RecordKind::step, oci::Digest::of(key), layer.chain_id.to_string());
  }

  bool hits(const std::string& key) {
    return store.records().find(RecordKind::step, oci::Digest::of(key)).has_value();
  }

  bool has(const Snapshot& layer) { return store.snapshots().find(layer.chain_id).has_value(); }

  std::size_t directories() const { return names_in(temp.store() + "/snapshots").size() - 1; }

  /// Whether the image named "app" is complete.
  bool app_is_whole() {
    const auto image = store.images().find("app");
    if (!image) return false;
    const auto manifest = oci::Manifest::parse(oci::read_document(store.blobs(), image->manifest));
    oci::read_document(store.blobs(), manifest.config);
    return std::ranges::all_of(manifest.layers, [&](const oci::Descriptor& layer) {
      return read_all(*store.blobs().open(layer), 1 << 20).size() == layer.size;
    });
  }
};

void make_directory(const Fd& parent) {
  REQUIRE(::mkdirat(parent.get(), "directory", 0755) == 0);
}

void put_time(const Fd& directory, std::int64_t seconds) {
  const timespec times[] = {{seconds, 0}, {seconds, 0}};
  REQUIRE(::futimens(directory.get(), times) == 0);
}

}  // namespace

TEST_CASE("prune removes what no named image needs") {
  Sample sample;
  const PruneResult result = sample.store.prune({}, CancelToken());
  CHECK(sample.app_is_whole());
  CHECK(sample.has(sample.base));
  CHECK(sample.has(sample.top));
  CHECK(sample.hits("top"));
  CHECK(!sample.has(sample.old));
  CHECK(!sample.has(sample.stage));
  CHECK(!sample.hits("old"));
  CHECK(!sample.hits("stage"));
  CHECK(!sample.store.images().find(sample.old_id));
  CHECK(!sample.store.blobs().has(sample.loose));
  CHECK(names_in(sample.temp.store() + "/staging").empty());
  CHECK(sample.directories() == 2);
  CHECK(result.images == 1);
  CHECK(result.snapshots == 2);
  CHECK(result.records == 2);
  CHECK(result.blobs == 3);
  CHECK(result.bytes > 100'000);
  CHECK(sample.store.prune({}, CancelToken()).bytes == 0);
}

TEST_CASE("a shared directory stays as long as a layer that has it") {
  Sample sample;
  const Snapshot alone = make_layer(sample.store, std::nullopt, {{"link", "5"}});
  const Snapshot put = sample.store.snapshots().rebase(alone.chain_id, sample.base.chain_id);
  sample.step("link", alone);
  const std::uint64_t in_cache = sample.store.usage().cache.bytes;

  SUBCASE("of an image") {
    const oci::Digest id = make_image(sample.store, {sample.base, put});
    sample.store.images().tag(oci::Reference::parse("linked"), id);
    CHECK(sample.store.usage().cache.bytes == in_cache - alone.size);
    sample.store.prune({.all = true}, CancelToken());
    CHECK(sample.has(put));
    CHECK(sample.has(alone));
    CHECK(sample.directories() == 3);
  }
  SUBCASE("of a later step that was used") {
    const Snapshot run = make_layer(sample.store, put.chain_id, {{"run", "6"}});
    sample.store.records().forget(RecordKind::step, oci::Digest::of("link"));
    sample.step("run", run);
    sample.store.collect_if_idle(CancelToken());
    CHECK(sample.has(alone));
    CHECK_NOTHROW(sample.store.snapshots().view(run.chain_id));
  }
  SUBCASE("and no longer") {
    sample.store.prune({}, CancelToken());
    CHECK(!sample.has(put));
    CHECK(!sample.has(alone));
    CHECK(sample.directories() == 2);
  }
}

TEST_CASE("prune --all leaves named images only") {
  Sample sample;
  sample.store.prune({.all = true}, CancelToken());
  CHECK(sample.app_is_whole());
  CHECK(!sample.hits("top"));
  CHECK(sample.directories() == 2);
}

TEST_CASE("prune spares what was used since") {
  Sample sample;
  sample.store.prune({.all = true, .unused_since = 1000}, CancelToken());
  CHECK(sample.hits("top"));
  CHECK(sample.has(sample.stage));
  CHECK(sample.store.images().find(sample.old_id));
  CHECK(sample.directories() == 4);
}

TEST_CASE("prune stops when little enough is left") {
  Sample sample;
  SUBCASE("nothing to do") {
    sample.store.prune({.keep_storage = 1 << 30}, CancelToken());
    CHECK(sample.directories() == 4);
  }
  SUBCASE("not more than needed") {
    sample.store.images().remove(sample.app_id);
    sample.store.images().remove(sample.old_id);
    sample.store.prune({.keep_storage = sample.stage.size + sample.base.size}, CancelToken());
    CHECK(sample.directories() == 2);
    CHECK(sample.has(sample.base));
    CHECK(sample.has(sample.stage));
  }
}

TEST_CASE("rmi frees at once what neither images nor the cache need") {
  Sample sample;
  const CancelToken cancel;
  {
    const Store other(sample.temp.store());
    CHECK(!sample.store.collect_if_idle(cancel));
  }
  sample.store.images().remove(sample.app_id);
  sample.store.records().forget(RecordKind::step, oci::Digest::of("top"));
  const auto result = sample.store.collect_if_idle(cancel);
  REQUIRE(result);
  CHECK(result->snapshots == 1);
  CHECK(!sample.has(sample.top));
  CHECK(sample.has(sample.base));
  CHECK(sample.has(sample.stage));
  CHECK(sample.store.images().find(sample.old_id));
  CHECK(Store(sample.temp.store()).images().list().size() == 1);
}

TEST_CASE("prune waits for those who use the store") {
  Sample sample;
  auto other = std::make_unique<Store>(sample.temp.store());
  CancelToken cancel;
  std::thread stopper([&] { cancel.cancel(); });
  CHECK_THROWS_AS(sample.store.prune({}, cancel), Interrupted);
  stopper.join();
  CHECK(sample.directories() == 4);
  std::thread leaver([&] { other.reset(); });
  sample.store.prune({}, CancelToken());
  leaver.join();
  CHECK(sample.directories() == 2);
}

TEST_CASE("a base that builds fetched stays as long as its layers") {
  Sample sample;
  Images& images = sample.store.images();
  const auto platform = oci::Platform::parse("linux/amd64");
  const auto used = oci::Reference::parse("debian");
  const auto unused = oci::Reference::parse("golang");
  const auto add_base = [&](const oci::Reference& name, const Snapshot& layer) {
    const oci::Digest id = make_image(sample.store, {layer});
    images.add_base(name, platform, id, images.find(id)->manifest);
  };
  add_base(used, sample.base);
  add_base(unused, sample.stage);

  SUBCASE("rmi of others leaves it") {
    sample.store.records().forget(RecordKind::step, oci::Digest::of("stage"));
    sample.store.collect_if_idle(CancelToken());
    CHECK(images.find(unused));
    CHECK(sample.has(sample.stage));
  }
  SUBCASE("prune") {
    sample.store.prune({}, CancelToken());
    CHECK(images.find(used));
    CHECK(!images.find(unused));
    CHECK(!sample.has(sample.stage));
  }
  SUBCASE("prune --all forgets the name, not the layers of other images") {
    sample.store.prune({.all = true}, CancelToken());
    CHECK(!images.find(used));
    CHECK(sample.app_is_whole());
  }
  SUBCASE("prune of old things") {
    sample.store.prune({.unused_since = 1000}, CancelToken());
    CHECK(images.find(unused));
  }
  SUBCASE("prune to a size") {
    sample.store.prune({.all = true, .keep_storage = 1 << 30}, CancelToken());
    CHECK(images.find(unused));
  }
  SUBCASE("one that the user named stays") {
    images.tag(unused, images.find(unused)->id);
    sample.store.prune({.all = true}, CancelToken());
    CHECK(images.find(unused));
    CHECK(sample.has(sample.stage));
  }
}

TEST_CASE("usage says what a prune would free") {
  Sample sample;
  const Usage usage = sample.store.usage();
  CHECK(usage.images.count == 2);
  CHECK(usage.images.bytes == sample.base.size + sample.top.size + sample.old.size);
  CHECK(usage.images.reclaimable == sample.old.size);
  CHECK(usage.cache.count == 1);
  CHECK(usage.cache.bytes == sample.stage.size);
  CHECK(usage.cache.reclaimable == sample.stage.size);
  CHECK(usage.blobs.count == 5);
  CHECK(usage.blobs.reclaimable > 0);
  CHECK(usage.blobs.reclaimable < usage.blobs.bytes);
  sample.store.prune({}, CancelToken());
  const Usage after = sample.store.usage();
  CHECK(after.images.reclaimable + after.cache.bytes + after.blobs.reclaimable == 0);
}

TEST_CASE("caches of steps are counted, and go with all that is unused") {
  Sample sample;
  const CancelToken cancel;
  for (const char* name : {"old", "new"}) {
    const KeptDirectory cache = sample.store.kept().open({KeptKind::cache_mount, name},
                                                         LockMode::exclusive, "nobody", cancel);
    const Fd content = cache.open_content([](const Fd& draft) { make_directory(draft); });
    put(content, {"file", std::string(10'000, 'x')});
    if (name == std::string_view("old")) put_time(cache.fd(), 1000);
  }
  CHECK(sample.store.usage().cache_mounts.count == 2);
  CHECK(sample.store.usage().cache_mounts.bytes > 20'000);
  sample.store.prune({}, cancel);
  sample.store.prune({.all = true, .keep_storage = 1}, cancel);
  CHECK(sample.store.usage().cache_mounts.count == 2);
  CHECK(sample.store.prune({.all = true, .unused_since = 2000}, cancel).cache_mounts == 1);
  CHECK(sample.store.prune({.all = true}, cancel).cache_mounts == 1);
  CHECK(sample.store.usage().cache_mounts.bytes == 0);
}

TEST_CASE("an index keeps the manifests, configs and layers of all its platforms") {
  const TempDirectory temp;
  Store store(temp.store());
  std::vector<oci::Descriptor> kept;
  oci::Index index;
  std::vector<Snapshot> layers;
  for (const char* name : {"one", "two"}) {
    layers.push_back(make_layer(store, std::nullopt, {{name, name}}));
    const oci::Digest id = make_image(store, {layers.back()});
    oci::Descriptor manifest = store.images().find(id)->manifest;
    kept.push_back(manifest);
    kept.push_back(oci::Manifest::parse(oci::read_document(store.blobs(), manifest)).config);
    index.manifests.push_back(manifest);
    store.images().remove(id);
  }
  // A platform whose documents are lost must not cost the others theirs.
  index.manifests.insert(index.manifests.begin(), oci::describe(oci::media_type::kManifest, "x"));
  const std::string text = index.to_json();
  const oci::Descriptor root = oci::describe(index.media_type, text);
  oci::write_blob(store.blobs(), root, text);
  store.images().add(root.digest, root);
  store.images().tag(oci::Reference::parse("app"), root.digest);
  kept.push_back(root);
  const CancelToken cancel;
  PruneOptions options;
  options.all = true;
  store.prune(options, cancel);
  for (const oci::Descriptor& blob : kept)
    CHECK(store.blobs().has(blob));
  for (const Snapshot& layer : layers)
    CHECK(store.snapshots().find(layer.chain_id));
}

TEST_CASE("a prune removes drafts that killed processes left") {
  const TempDirectory temp;
  Store store(temp.store());
  make_directories(temp.store() + "/cache-mounts/abc/new-0123/tree");
  store.prune({}, CancelToken());
  CHECK(names_in(temp.store() + "/cache-mounts/abc").empty());
}

}  // namespace cbuild::store
