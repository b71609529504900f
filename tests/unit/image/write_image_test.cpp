// Documents of images: written, imported, chosen from an index.
#include "cbuild/image/write_image.h"

#include <doctest/doctest.h>

#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "src/image/imported_config.h"
#include "src/image/platforms_of_index.h"
#include "tests/unit/image/support.h"

namespace cbuild::image {

TEST_CASE("manifest and config name the same layers in the same order") {
  World world;
  oci::BlobStore& blobs = world.store.blobs();
  const oci::Digest one = oci::Digest::of("one");
  const oci::Digest two = oci::Digest::of("two");
  const auto blob = [](const std::string& content) {
    return oci::describe(oci::media_type::kLayerGzip, content);
  };
  oci::ImageConfig config;
  config.diff_ids = {two};  // of another image: replaced
  const StoredImage image = write_image(blobs, config, {{one, blob("1")}, {two, blob("2")}});
  const auto manifest = oci::Manifest::parse(oci::read_document(blobs, image.manifest));
  CHECK(manifest.layers == std::vector{blob("1"), blob("2")});
  CHECK(manifest.config.digest == image.id);
  const auto written = oci::ImageConfig::parse(oci::read_document(blobs, manifest.config));
  CHECK(written.diff_ids == std::vector{one, two});
  CHECK(world.store.images().list().empty());  // naming is the caller's
}

TEST_CASE("a layer that was made here is its tar under its diffID") {
  World world;
  const store::Snapshot layer = store::make_layer(world.store, std::nullopt, {{"a", "1"}});
  const ImageLayer made = as_made_here(layer);
  CHECK(made.diff_id == layer.diff_id);
  CHECK(made.blob.digest == layer.diff_id);
  CHECK(made.blob.size == layer.size);
  CHECK(made.blob.media_type == oci::media_type::kLayer);
}

TEST_CASE("an import has the time of its newest file, between 1970 and now") {
  struct Row {
    std::int64_t newest;
    std::string created;
  };

  const Row rows[] = {
      {86400, "1970-01-02T00:00:00Z"},
      {0, "1970-01-01T00:00:00Z"},
      {-5, "1970-01-01T00:00:00Z"},
      {999'999'999'999, "2001-09-09T01:46:40Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.newest);
    const auto config = imported_config({}, {"x", row.newest, 1'000'000'000});
    CHECK(config.created == row.created);
    REQUIRE(config.history.size() == 1);
    CHECK(config.history[0].created == row.created);
    CHECK_FALSE(config.history[0].empty_layer);
  }
}

TEST_CASE("the history of an import names the file, not where it was") {
  struct Row {
    std::string path;
    std::string created_by;
  };

  const Row rows[] = {
      {"-", "cbuild import -"},
      {"rootfs.tar", "cbuild import rootfs.tar"},
      {"/home/me/rootfs.tar", "cbuild import rootfs.tar"},
      {"a-/b-", "cbuild import b-"},
  };
  for (const Row& row : rows)
    CHECK(imported_config({}, {row.path, 0, 0}).history.at(0).created_by == row.created_by);
}

TEST_CASE("an import keeps what its config says") {
  oci::ImageConfig config;
  config.platform = oci::Platform::parse("linux/arm64");
  config.config.labels["a"] = "b";
  config.history.resize(3);
  const auto imported = imported_config(config, {"x", 1, 2});
  CHECK(imported.platform == config.platform);
  CHECK(imported.config.labels == config.config.labels);
  CHECK(imported.history.size() == 1);
}

TEST_CASE("an index is loaded as a whole only when it holds all it lists") {
  World world;
  oci::BlobStore& blobs = world.store.blobs();
  const StoredImage arm = write_image(blobs, {}, {});
  oci::Index index;
  const auto write = [&] {
    const std::string json = index.to_json();
    const oci::Descriptor descriptor = oci::describe(index.media_type, json);
    oci::write_blob(blobs, descriptor, json);
    return descriptor;
  };
  CHECK_FALSE(platforms_of_index(arm.manifest, blobs));  // no index
  index.manifests = {arm.manifest};
  const auto whole = platforms_of_index(write(), blobs);
  REQUIRE(whole);
  CHECK(*whole == std::vector{arm.manifest});
  index.manifests.push_back(oci::describe(oci::media_type::kManifest, "not there"));
  CHECK_FALSE(platforms_of_index(write(), blobs));
  index.manifests.clear();
  const auto empty = platforms_of_index(write(), blobs);
  REQUIRE(empty);
  CHECK(empty->empty());
}

}  // namespace cbuild::image
