// Images between blob stores: documents are kept, layers become known.
#include "cbuild/image/documents.h"

#include <doctest/doctest.h>

#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/image/support.h"

namespace cbuild::image {

TEST_CASE("a manifest of another store makes its layers known here") {
  World from;
  const auto base = store::make_layer(from.store, std::nullopt, {{"a", "1"}});
  const auto top = store::make_layer(from.store, base.chain_id, {{"b", "2"}});
  const oci::Digest id = store::make_image(from.store, {base, top});
  const auto manifest = from.store.images().find(id)->manifest;

  World world;
  CHECK_FALSE(world.store.snapshots().find(top.chain_id));
  const Documents image = adopt_documents(world.store, from.store.blobs(), manifest,
                                          oci::Platform::parse("linux/amd64"));
  CHECK(image.manifest.config.digest == id);
  CHECK(image.config.diff_ids == std::vector{base.diff_id, top.diff_id});
  const auto stack = world.store.snapshots().stack(top.chain_id);
  REQUIRE(stack.size() == 2);
  CHECK_FALSE(stack[1].unpacked);
  CHECK(stack[1].blob->digest == top.diff_id);

  const Documents again = read_documents(world.store, manifest);  // nothing but this store
  CHECK(again.descriptor == image.descriptor);
  CHECK_FALSE(world.store.blobs().has(image.manifest.layers[0]));
}

TEST_CASE("documents that do not fit together are refused") {
  World world;
  const auto layer = store::make_layer(world.store, std::nullopt, {{"a", "1"}});
  oci::ImageConfig config;
  config.platform = oci::Platform::parse("linux/amd64");
  config.diff_ids = {layer.diff_id};
  const std::string json = config.to_json();
  oci::Manifest good;
  good.config = oci::describe(oci::media_type::kConfig, json);
  good.layers = {{std::string(oci::media_type::kLayer), layer.diff_id, layer.size, {}, {}}};
  oci::write_blob(world.store.blobs(), good.config, json);
  const auto refusal = [&](const oci::Manifest& manifest) -> std::string {
    const std::string text = manifest.to_json();
    const auto descriptor = oci::describe(oci::media_type::kManifest, text);
    oci::write_blob(world.store.blobs(), descriptor, text);
    return error_of([&] { read_documents(world.store, descriptor); });
  };
  CHECK(refusal(good).empty());
  oci::Manifest no_layers = good;
  no_layers.layers.clear();
  CHECK(refusal(no_layers).find("the manifest has 0 layers, the config 1") != std::string::npos);
  oci::Manifest other_type = good;
  other_type.layers[0].media_type = "application/x-helm";
  CHECK(refusal(other_type).find("application/x-helm") != std::string::npos);
  oci::Manifest artifact = good;
  artifact.config.media_type = "application/x-config";
  CHECK(refusal(artifact) == "is not an image but an artifact of type 'application/x-config'");
  artifact.config = oci::describe("application/vnd.oci.empty.v1+json", "{}");
  artifact.artifact_type = "application/x-sbom";
  CHECK(refusal(artifact) == "is not an image but an artifact of type 'application/x-sbom'");
  artifact.config.media_type = oci::media_type::kConfig;
  CHECK(refusal(artifact) == "is not an image but an artifact of type 'application/x-sbom'");
  oci::Manifest marked = good;  // an image, though it has a type beside
  marked.artifact_type = "application/x-sbom";
  CHECK(refusal(marked).empty());
}

}  // namespace cbuild::image
