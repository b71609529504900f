// Layers and documents in the form in which they leave.
#include "src/exporter/encode.h"

#include <doctest/doctest.h>

#include "cbuild/exporter/annotate.h"
#include "cbuild/exporter/annotation.h"
#include "tests/unit/exporter/support.h"

namespace cbuild::exporter {

namespace {

using layer::Compression;

/// The one layer of the image, encoded.
oci::Descriptor encoded_layer(ExportWorld& world,
                              const oci::Descriptor& image,
                              const Encoding& encoding,
                              oci::BlobStore* destination = nullptr) {
  const auto manifest = world.manifest_of(encode_image(image, encoding, destination, world.to));
  REQUIRE(manifest.layers.size() == 1);
  return manifest.layers.front();
}

std::string unpacked(ExportWorld& world, const oci::Descriptor& layer) {
  const auto blob = world.store.blobs().open(layer);
  return read_all(*layer::decompress(*blob), 1 << 20);
}

/// Has every blob, and never any bytes.
class FullStore final : public oci::BlobStore {
 public:
  bool has(const oci::Descriptor&) override { return true; }

  std::unique_ptr<Source> open(const oci::Descriptor&) override { throw Error("opened"); }

  std::unique_ptr<oci::BlobWriter> create(const oci::Descriptor&) override {
    throw Error("written");
  }
};

}  // namespace

TEST_CASE("an image that is to be as it is keeps its digest") {
  ExportWorld world;
  CHECK(encode_image(world.image, {}, nullptr, world.to) == world.image);
  const oci::Descriptor index = world.for_two_platforms();
  CHECK(encode_image(index, {}, nullptr, world.to) == index);
}

TEST_CASE("layers are compressed, hold the same tar, and have the media type that says so") {
  struct Row {
    Compression compression;
    std::string_view type;
  };

  const Row rows[] = {{Compression::gzip, oci::media_type::kLayerGzip},
                      {Compression::zstd, oci::media_type::kLayerZstd}};
  for (const Row& row : rows) {
    CAPTURE(row.type);
    ExportWorld world;
    const Encoding encoding{.compression = row.compression};
    const oci::Descriptor layer = encoded_layer(world, world.image, encoding);
    CHECK(layer.media_type == row.type);
    const auto plain = world.manifest_of(world.image).layers.front();
    CHECK(unpacked(world, layer) == read_all(*world.store.blobs().open(plain), 1 << 20));
    // The config, and so the image ID, is the same.
    CHECK(world.manifest_of(encode_image(world.image, encoding, nullptr, world.to)).config.digest ==
          world.id);
  }
}

TEST_CASE("levels make different layers, each known for itself") {
  ExportWorld world;
  const auto fast =
      encoded_layer(world, world.image, {.compression = Compression::zstd, .level = 1});
  const auto best =
      encoded_layer(world, world.image, {.compression = Compression::zstd, .level = 19});
  CHECK(fast.digest != best.digest);
  CHECK(encoded_layer(world, world.image, {.compression = Compression::zstd, .level = 1}) == fast);
}

TEST_CASE("a layer that came compressed is packed anew by force alone") {
  ExportWorld world;
  const oci::Descriptor gzip =
      encode_image(world.image, {.compression = Compression::gzip}, nullptr, world.to);
  CHECK(encode_image(gzip, {.compression = Compression::zstd}, nullptr, world.to) == gzip);
  const auto zstd = encoded_layer(world, gzip, {.compression = Compression::zstd, .force = true});
  CHECK(zstd.media_type == oci::media_type::kLayerZstd);
  const auto plain = encoded_layer(world, gzip, {.compression = Compression::none, .force = true});
  CHECK(plain.digest == world.layer.diff_id);
  CHECK(encode_image(gzip, {.compression = Compression::gzip, .force = true}, nullptr, world.to) ==
        gzip);
}

TEST_CASE("a layer that is at the destination is not compressed again") {
  ExportWorld world;
  const Encoding encoding{.compression = Compression::gzip};
  const auto layer = encoded_layer(world, world.image, encoding);
  const std::string hex = layer.digest.hex();
  const std::string file =
      fmt::format("{}/blobs/sha256/{}/{}", world.directory.store(), hex.substr(0, 2), hex);
  REQUIRE(::unlink(file.c_str()) == 0);
  FullStore destination;
  CHECK(encoded_layer(world, world.image, encoding, &destination) == layer);
  CHECK_FALSE(world.store.blobs().has(layer));
  CHECK(encoded_layer(world, world.image, encoding) == layer);  // the same bytes are made again
  CHECK(world.store.blobs().has(layer));
}

TEST_CASE("Docker's media types are in all documents") {
  ExportWorld world;
  const Encoding encoding{.compression = Compression::gzip, .docker_types = true};
  const auto index = encode_image(world.for_two_platforms(), encoding, nullptr, world.to);
  CHECK(index.media_type == oci::media_type::kDockerList);
  const auto list = oci::Index::parse(world.document(index));
  CHECK(list.media_type == oci::media_type::kDockerList);
  REQUIRE(list.manifests.size() == 2);
  CHECK(list.manifests[1].media_type == oci::media_type::kDockerManifest);
  CHECK(list.manifests[1].platform == oci::Platform::parse("linux/arm64"));
  const auto manifest = world.manifest_of(list.manifests[0]);
  CHECK(manifest.media_type == oci::media_type::kDockerManifest);
  CHECK(oci::media_type::to_oci(manifest.config.media_type) == oci::media_type::kConfig);
  CHECK(manifest.config.media_type != oci::media_type::kConfig);
  CHECK(oci::media_type::to_oci(manifest.layers[0].media_type) == oci::media_type::kLayerGzip);
  CHECK(manifest.layers[0].media_type != oci::media_type::kLayerGzip);
}

TEST_CASE("what Docker's media types cannot say is refused") {
  ExportWorld world;
  const auto annotated = annotate(world.image, parse_annotation("a=b"), world.store.blobs());
  CHECK(error_of([&] { encode_image(annotated, {.docker_types = true}, nullptr, world.to); }) ==
        "oci-mediatypes=false: Docker's manifests have no annotations");
  const auto zstd =
      encode_image(world.image, {.compression = Compression::zstd}, nullptr, world.to);
  try {
    encode_image(zstd, {.compression = Compression::gzip, .docker_types = true}, nullptr, world.to);
    FAIL("it was encoded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(holds(error.hint(), "force-compression=true"));
  }
}

TEST_CASE("attestations stay as they are, and follow the manifest that they are about") {
  ExportWorld world;
  oci::Descriptor image = world.image;
  image.platform = oci::Platform::parse("linux/amd64");
  oci::Descriptor attestation = world.image;
  attestation.platform = oci::Platform::parse("unknown/unknown");
  attestation.annotations = {{"vnd.docker.reference.digest", image.digest.to_string()},
                             {"vnd.docker.reference.type", "attestation-manifest"}};
  const auto encoded = encode_image(world.index_of({image, attestation}),
                                    {.compression = Compression::gzip}, nullptr, world.to);
  const auto index = oci::Index::parse(world.document(encoded));
  REQUIRE(index.manifests.size() == 2);
  CHECK(index.manifests[0].digest != image.digest);
  CHECK(index.manifests[1].digest == attestation.digest);
  CHECK(index.manifests[1].annotations.at("vnd.docker.reference.digest") ==
        index.manifests[0].digest.to_string());
}

TEST_CASE("an interruption ends the compressing") {
  ExportWorld world;
  world.cancel.cancel();
  CHECK_THROWS_AS(encode_image(world.image, {.compression = Compression::gzip}, nullptr, world.to),
                  Interrupted);
}

}  // namespace cbuild::exporter
