// From layers and a config to an image.
#include "src/build/assemble.h"

#include <doctest/doctest.h>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/text.h"
#include "src/build/assemble_index.h"
#include "tests/unit/build/support.h"

namespace cbuild::build {

namespace {

oci::ImageConfig read_config(World& world, const Assembled& image) {
  const auto manifest =
      oci::Manifest::parse(oci::read_document(world.store.blobs(), image.manifest));
  CHECK(manifest.config.digest == image.image_id);
  return oci::ImageConfig::parse(oci::read_document(world.store.blobs(), manifest.config));
}

/// Two layers and three history entries, the second without a layer.
AssembleRequest request_of(World& world) {
  const auto base = store::make_layer(world.store, std::nullopt, {{"a", "1"}});
  const auto top = store::make_layer(world.store, base.chain_id, {{"b", "2"}});
  AssembleRequest request;
  request.config.platform = oci::Platform::parse("linux/amd64");
  request.config.history = {
      {{}, "COPY a", {}, {}, false}, {{}, "ENV x=y", {}, {}, true}, {{}, "COPY b", {}, {}, false}};
  request.chain = top.chain_id;
  return request;
}

}  // namespace

TEST_CASE("an image has the layers of its stack and the times of when they were made") {
  World world;
  const AssembleRequest request = request_of(world);
  const auto stack = world.store.snapshots().stack(*request.chain);
  const Assembled image = assemble(request, world.services);
  const oci::ImageConfig config = read_config(world, image);
  CHECK(config.diff_ids == std::vector{stack[0].diff_id, stack[1].diff_id});
  CHECK(config.created == rfc3339(std::max(stack[0].created, stack[1].created)));
  REQUIRE(config.history.size() == 3);
  CHECK(config.history[0].created == rfc3339(stack[0].created));
  CHECK(config.history[1].created == rfc3339(stack[0].created));
  CHECK(config.history[2].created == rfc3339(stack[1].created));
  CHECK(config.history[1].empty_layer);

  const Assembled again = assemble(request, world.services);
  CHECK(again.image_id == image.image_id);
  CHECK(again.manifest == image.manifest);
}

TEST_CASE("what belongs to the base keeps its times") {
  World world;
  AssembleRequest request = request_of(world);
  request.base_history = 2;
  request.base_layers = 1;
  request.config.created = "2001-01-01T00:00:00Z";
  request.config.history[0].created = "2000-01-01T00:00:00Z";
  const auto stack = world.store.snapshots().stack(*request.chain);
  const oci::ImageConfig config = read_config(world, assemble(request, world.services));
  CHECK(config.history[0].created == "2000-01-01T00:00:00Z");
  CHECK(config.history[1].created.empty());
  CHECK(config.history[2].created == rfc3339(stack[1].created));
  CHECK(config.created == rfc3339(stack[1].created));
}

TEST_CASE("an image to which no layer was added has the time of its base") {
  World world;
  AssembleRequest request = request_of(world);
  request.base_history = 2;
  request.base_layers = 2;
  request.config.history.pop_back();
  request.config.history[0].created = "2000-01-01T00:00:00Z";
  request.config.history[1].created = "2001-01-01T00:00:00Z";
  request.config.history.push_back({{}, "ENV z=1", {}, {}, true});
  const oci::ImageConfig config = read_config(world, assemble(request, world.services));
  CHECK(config.created == "2001-01-01T00:00:00Z");
  CHECK(config.history[2].created == "2001-01-01T00:00:00Z");
}

TEST_CASE("SOURCE_DATE_EPOCH is the time of the image and its history, not of the base's") {
  World world;
  AssembleRequest request = request_of(world);
  request.base_history = 3;  // all layers are the base's: nothing is made anew
  request.base_layers = 2;
  request.config.history.push_back({{}, "ENV z=1", {}, {}, true});

  struct Row {
    std::string base;
    std::int64_t epoch;
    std::string created;
  };

  const Row rows[] = {
      {"2001-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
      {"2001-01-01T00:00:00Z", 86400, "1970-01-02T00:00:00Z"},
      {"1970-01-01T00:00:09Z", 86400, "1970-01-02T00:00:00Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.epoch);
    request.config.created = row.base;
    request.config.history[0].created = row.base;
    request.source_date_epoch = row.epoch;
    const oci::ImageConfig config = read_config(world, assemble(request, world.services));
    CHECK(config.created == row.created);
    CHECK(config.history[3].created == row.created);
    CHECK(config.history[0].created == row.base);
  }
}

TEST_CASE("an image without layers has an empty list of them") {
  World world;
  AssembleRequest request;
  request.config.platform = oci::Platform::parse("linux/amd64");
  request.config.history = {{{}, "LABEL a=b", {}, {}, true}};
  const Assembled image = assemble(request, world.services);
  CHECK(read_config(world, image).diff_ids.empty());
  CHECK(oci::read_document(world.store.blobs(), image.manifest).find("\"layers\":[]") !=
        std::string::npos);
}

TEST_CASE("an image whose build made no layer has the time of the first such build") {
  World world;
  AssembleRequest request;
  request.config.platform = oci::Platform::parse("linux/amd64");
  request.config.history = {{{}, "LABEL a=b", {}, {}, true}};
  const Assembled first = assemble(request, world.services);
  const auto config = read_config(world, first);
  CHECK(parse_rfc3339(config.created).value_or(0) > 0);
  CHECK(config.history[0].created == config.created);
  CHECK(assemble(request, world.services).image_id == first.image_id);
  request.config.config.labels["a"] = "c";
  CHECK(assemble(request, world.services).image_id != first.image_id);
}

TEST_CASE("an index holds the manifests with their platforms") {
  World world;
  AssembleRequest request = request_of(world);
  const Assembled image = assemble(request, world.services);
  const Assembled index = assemble_index(
      {{oci::Platform::parse("linux/arm64"), image}, {oci::Platform::parse("linux/arm/v7"), image}},
      world.services);
  CHECK(index.image_id == index.manifest.digest);
  const auto document = oci::Index::parse(oci::read_document(world.store.blobs(), index.manifest));
  REQUIRE(document.manifests.size() == 2);
  CHECK(document.manifests[0].platform == oci::Platform::parse("linux/arm64"));
  CHECK(document.manifests[1].platform == oci::Platform::parse("linux/arm/v7"));
  CHECK(document.manifests[1].digest == image.manifest.digest);
}

}  // namespace cbuild::build
