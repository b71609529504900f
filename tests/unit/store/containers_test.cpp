// Rules of the directories of containers: all or nothing, and what they stand on stays.
#include "cbuild/store/containers.h"

#include <doctest/doctest.h>

#include "cbuild/store/prune_options.h"
#include "cbuild/util/mount.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

const std::string kId(64, 'a');

void add(Store& store, const std::string& id, const ContainerBase& base) {
  store.containers().add(id, store.snapshots().prepare(base.chain), base, [](const Fd& directory) {
    put(directory, {"config.json", "{}"});
  });
}

}  // namespace

TEST_CASE("a container is there with its files at once, or not at all") {
  const TempDirectory temp;
  Store store(temp.store());
  Containers& containers = store.containers();
  CHECK(containers.list().empty());
  CHECK_FALSE(containers.contains(kId));
  const ContainerBase base{oci::Digest::of("image"), make_layer(store, {}, {{"f", "x"}}).chain_id};
  CHECK_THROWS_AS(containers.add(kId, store.snapshots().prepare(base.chain), base,
                                 [](const Fd&) { throw Error("no"); }),
                  Error);
  CHECK(containers.list().empty());
  add(store, kId, base);
  CHECK(containers.list() == std::vector{kId});
  CHECK(read_file(containers.path(kId) + "/config.json") == "{}");
  CHECK(containers.base(kId).image == base.image);
  CHECK(containers.base(kId).chain == base.chain);
  CHECK_THROWS_AS(add(store, kId, base), Error);
  CHECK(containers.remove(kId));
  CHECK_FALSE(containers.remove(kId));
  CHECK_FALSE(containers.contains(kId));
  CHECK(list_directory(open_directory(temp.store() + "/staging").get()).empty());
}

TEST_CASE("a name that is no ID is never a path") {
  const TempDirectory temp;
  const Containers containers(temp.store());
  for (const std::string& id : {std::string(), std::string("../x"), std::string(64, 'A')}) {
    CHECK_FALSE(containers.contains(id));
    CHECK_THROWS_AS(containers.path(id), Error);
    CHECK_THROWS_AS(containers.remove(id), Error);
  }
}

TEST_CASE("the root of a container is its layer on the stack of its image") {
  const OverlayMount mount = Containers::mount(
      kId, {.base = "/s/snapshots", .lower = {"2", "1"}, .upper = {}, .work = {}});
  CHECK(mount.base == "/s/snapshots");
  CHECK(mount.lower == std::vector<std::string>{"2", "1"});
  CHECK(mount.upper == "../containers/" + kId + "/fs");
  CHECK(mount.work == "../containers/" + kId + "/work");
}

TEST_CASE("a name belongs to one container, and is free when that is gone") {
  const TempDirectory temp;
  Store store(temp.store());
  const Containers& containers = store.containers();
  const ContainerBase base{oci::Digest::of("image"), std::nullopt};
  const std::string other(64, 'b');
  add(store, kId, base);
  add(store, other, base);
  CHECK_FALSE(containers.find_name("web"));
  CHECK(containers.take_name("web", kId));
  CHECK_FALSE(containers.take_name("web", other));
  CHECK(containers.find_name("web") == kId);
  containers.remove(kId);
  CHECK_FALSE(containers.find_name("web"));
  CHECK(containers.take_name("web", other));
  containers.release_name("web", kId);  // which had it before
  CHECK(containers.find_name("web") == other);
  containers.release_name("web", other);
  CHECK_FALSE(containers.find_name("web"));
}

TEST_CASE("no prune takes what a container stands on, whoever else has let go of it") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot below = make_layer(store, {}, {{"f", "x"}});
  const Snapshot layer = make_layer(store, below.chain_id, {{"g", "y"}});
  const oci::Digest image = make_image(store, {below, layer});
  add(store, kId, {image, layer.chain_id});
  store.prune({.all = true}, CancelToken());
  CHECK(store.images().find(image));
  store.images().remove(image);
  store.prune({.all = true}, CancelToken());
  CHECK(store.snapshots().find(below.chain_id));
  CHECK(store.snapshots().is_usable(layer.chain_id));
  store.containers().remove(kId);
  store.prune({.all = true}, CancelToken());
  CHECK_FALSE(store.snapshots().find(below.chain_id));
}

}  // namespace cbuild::store
