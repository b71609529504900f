// Layers that become directories, and root file systems opened for reading.
#include "cbuild/image/unpack.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "cbuild/image/pull.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/users.h"
#include "cbuild/image/write_image.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/image/support.h"

namespace cbuild::image {

namespace {

/// A stack of two layers in a store of its own, and a store that knows but does not hold it.
struct Remote {
  World from;
  World here;
  store::Snapshot base = store::make_layer(from.store, std::nullopt, {{"a", "1"}});
  store::Snapshot top = store::make_layer(from.store, base.chain_id, {{"b", "2"}});

  Remote() {
    here.store.snapshots().declare(std::nullopt, base.diff_id, as_made_here(base).blob);
    here.store.snapshots().declare(base.chain_id, top.diff_id, as_made_here(top).blob);
  }
};

store::Snapshot make_users(store::Store& store, const std::string& passwd) {
  store::ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
  ::mkdirat(active.upper().get(), "etc", 0755);
  store::put(active.upper(), {"etc/passwd", passwd});
  return std::move(active).commit(CancelToken());
}

}  // namespace

TEST_CASE("layers are fetched, unpacked and kept as blobs; a second time nothing is read") {
  Remote remote;
  World& here = remote.here;
  CHECK_FALSE(is_unpacked(here.store, remote.top.chain_id));
  UnpackOptions options;
  options.source = &remote.from.store.blobs();
  options.step = here.progress.begin("unpack");
  unpack_stack(remote.top.chain_id, here.store, options, here.cancel);
  CHECK(is_unpacked(here.store, remote.top.chain_id));
  for (const store::Snapshot& layer : {remote.base, remote.top}) {
    const std::string whole =
        fmt::format("transfer 1 {} {}/{}", layer.diff_id.short_hex(), layer.size, layer.size);
    CHECK(std::ranges::count(here.progress.lines, whole) == 1);
  }
  CHECK(here.store.blobs().has(as_made_here(remote.base).blob));
  unpack_stack(remote.top.chain_id, here.store, {}, here.cancel);
}

TEST_CASE("a layer that nobody has is named") {
  Remote remote;
  World& here = remote.here;
  const std::string message =
      error_of([&] { unpack_stack(remote.base.chain_id, here.store, {}, here.cancel); });
  CHECK_MESSAGE(holds(message, remote.base.diff_id.to_string() + " is not in the store"), message);
  CHECK_FALSE(is_unpacked(here.store, remote.base.chain_id));
}

TEST_CASE("an interrupted transfer leaves no layer") {
  Remote remote;
  World& here = remote.here;
  here.cancel.cancel();
  UnpackOptions options;
  options.source = &remote.from.store.blobs();
  CHECK_THROWS_AS(unpack_stack(remote.top.chain_id, here.store, options, here.cancel), Interrupted);
  CHECK_FALSE(is_unpacked(here.store, remote.base.chain_id));
}

TEST_CASE("an image is complete when all its blobs are here; else it says which is missing") {
  World world;
  const auto layer = store::make_layer(world.store, std::nullopt, {{"a", "1"}});
  store::Image image;
  image.id = store::make_image(world.store, {layer});
  image.manifest = world.store.images().find(image.id)->manifest;
  complete(image, world.services);
  CHECK(world.progress.lines.empty());

  const auto lost = oci::describe(oci::media_type::kLayerGzip, "lost");
  const StoredImage other = write_image(world.store.blobs(), {}, {{oci::Digest::of("tar"), lost}});
  const std::string message = error_of([&] {
    complete({other.id, other.manifest, 0, {}, {}}, world.services);
  });
  CHECK_MESSAGE(holds(message, lost.digest.to_string()), message);
}

TEST_CASE("the root of scratch is an empty directory, without users") {
  World world;
  CHECK(open_root(world.store, std::nullopt).root().list().empty());
  RootViews views(world.store);
  CHECK(views.users(std::nullopt)->passwd.empty());
}

TEST_CASE("users are those of the stack, and of what was made on it without touching /etc") {
  World world;
  const auto one = make_users(world.store, "one:x:1:1:::\n").chain_id;
  const auto two = make_users(world.store, "two:x:2:2:::\n").chain_id;
  const oci::Digest made = oci::Digest::of("made on one");
  RootViews views(world.store);
  CHECK(views.users(one)->passwd == "one:x:1:1:::\n");
  CHECK(views.users(two)->passwd == "two:x:2:2:::\n");
  CHECK(views.users(one) == views.users(one));  // read once
  views.same_users(one, made);
  CHECK(views.users(made) == views.users(one));
}

}  // namespace cbuild::image
