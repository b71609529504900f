// Which image of the store a name stands for, and images of layouts.
#include "cbuild/image/resolve.h"

#include <doctest/doctest.h>

#include "cbuild/image/location.h"
#include "cbuild/image/write_image.h"
#include "cbuild/oci/layout.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/image/support.h"

namespace cbuild::image {

namespace {

const auto kAmd64 = oci::Platform::parse("linux/amd64");
const auto kArm64 = oci::Platform::parse("linux/arm64");
const auto kName = oci::Reference::parse("app:1");

/// An image without layers, told from others by a label.
StoredImage make(oci::BlobStore& blobs, const oci::Platform& platform, const std::string& label) {
  oci::ImageConfig config;
  config.platform = platform;
  config.config.labels["which"] = label;
  return write_image(blobs, config, {});
}

std::string found(World& world, const oci::Platform& platform) {
  const auto image = find_in_store(world.store, kName, platform);
  return image ? image->config.config.labels.at("which") : "nothing";
}

}  // namespace

TEST_CASE("a name stands for an image of the platform that is asked for") {
  World world;
  CHECK(found(world, kAmd64) == "nothing");
  const StoredImage image = make(world.store.blobs(), kAmd64, "amd64");
  world.store.images().add(image.id, image.manifest, std::span(&kName, 1));
  CHECK(found(world, kAmd64) == "amd64");
  CHECK(found(world, kArm64) == "nothing");
}

TEST_CASE("what a build fetched for a platform is found for that platform only") {
  World world;
  const StoredImage arm = make(world.store.blobs(), kArm64, "base");
  world.store.images().add_base(kName, kArm64, arm.id, arm.manifest);
  CHECK(found(world, kArm64) == "base");
  CHECK(found(world, kAmd64) == "nothing");
}

TEST_CASE("what a build fetched counts though its config names another platform") {
  World world;
  const StoredImage odd = make(world.store.blobs(), kAmd64, "odd");
  world.store.images().add_base(kName, kArm64, odd.id, odd.manifest);
  CHECK(found(world, kArm64) == "odd");
}

TEST_CASE("an image whose config has no platform is for this machine's") {
  World world;
  const StoredImage image = make(world.store.blobs(), {}, "plain");
  world.store.images().add(image.id, image.manifest, std::span(&kName, 1));
  CHECK(found(world, oci::Platform::host()) == "plain");
}

TEST_CASE("an image whose documents are missing counts as absent") {
  World world;
  const oci::Descriptor lost = oci::describe(oci::media_type::kManifest, "lost");
  world.store.images().add(oci::Digest::of("config"), lost, std::span(&kName, 1));
  CHECK(found(world, kAmd64) == "nothing");
}

TEST_CASE("a name that the store has is asked of no registry") {
  World world;
  const StoredImage image = make(world.store.blobs(), kAmd64, "here");
  world.store.images().add(image.id, image.manifest, std::span(&kName, 1));
  const Documents documents = resolve(kName, kAmd64, Pull::missing, world.services);
  CHECK(documents.id() == image.id);
  CHECK(documents.root == image.manifest.digest);
  CHECK(world.progress.lines.empty());
}

TEST_CASE("an image of a layout is found by tag or digest, with its layers") {
  World from;
  const store::Snapshot layer = store::make_layer(from.store, std::nullopt, {{"a", "1"}});
  const store::TempDirectory temp;
  oci::Layout layout = oci::Layout::create(temp.path());
  const auto tar = read_all(*from.store.blobs().open(as_made_here(layer).blob), 1 << 20);
  oci::write_blob(layout, as_made_here(layer).blob, tar);
  oci::ImageConfig config;
  config.platform = kAmd64;
  const StoredImage first = write_image(layout, config, {as_made_here(layer)});
  const StoredImage second = make(layout, kAmd64, "second");
  layout.add(first.manifest, "one");
  layout.add(second.manifest, "two");

  World world;
  const auto id_of = [&](const std::string& name) {
    return resolve(LayoutImage{temp.path(), name}, kAmd64, world.services).id();
  };
  CHECK(id_of("one") == first.id);
  CHECK(world.store.blobs().has(as_made_here(layer).blob));
  CHECK(world.store.snapshots().find(layer.chain_id));
  CHECK(id_of("two") == second.id);
  CHECK(id_of(second.manifest.digest.to_string()) == second.id);
  CHECK_THROWS_AS(id_of("three"), Error);
  CHECK_THROWS_AS(id_of(""), Error);  // of several none is the only one
  CHECK(world.store.images().list().empty());
}

}  // namespace cbuild::image
