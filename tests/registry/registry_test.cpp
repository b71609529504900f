// The client against Debian's docker-registry: plain, and with TLS and passwords.
#include "cbuild/registry/registry.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "cbuild/oci/manifest.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "tests/registry/servers.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

Options quick() {
  Options options;
  options.times.first_delay = milliseconds(10);
  return options;
}

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes)
    c = static_cast<char>(random());
  return bytes;
}

std::string read_blob(oci::BlobStore& store, const oci::Descriptor& blob) {
  const auto source = store.open(blob);
  return read_all(*source, 1 << 30);
}

/// An image of one layer.
struct Image {
  std::string layer;
  std::string config = R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{}})";
  oci::Descriptor layer_blob;
  oci::Descriptor config_blob;
  oci::Descriptor manifest_blob;
  std::string manifest;

  explicit Image(std::size_t size, unsigned seed = 1) : layer(random_bytes(size, seed)) {
    layer_blob = oci::describe(oci::media_type::kLayerGzip, layer);
    config_blob = oci::describe(oci::media_type::kConfig, config);
    oci::Manifest document;
    document.config = config_blob;
    document.layers = {layer_blob};
    manifest = document.to_json();
    manifest_blob = oci::describe(oci::media_type::kManifest, manifest);
  }
};

void push(Repository& repository, const Image& image, const std::string& tag) {
  oci::write_blob(repository, image.layer_blob, image.layer);
  oci::write_blob(repository, image.config_blob, image.config);
  oci::write_blob(repository, image.manifest_blob, image.manifest);
  repository.tag(image.manifest_blob, tag);
}

}  // namespace

TEST_SUITE("registry") {
  TEST_CASE("an image that was pushed is pulled again, whatever the size of its layer") {
    const test::DockerRegistry server;
    const CancelToken cancel;
    Registry registry(quick(), cancel);
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{40} << 20}) {
      CAPTURE(size);
      const Image image(size);
      const auto reference =
          oci::Reference::parse(server.host() + "/team/app" + std::to_string(size));
      const auto target = registry.repository(reference);
      CHECK_FALSE(target->has(image.layer_blob));
      push(*target, image, "1.0");
      CHECK(target->has(image.layer_blob));
      CHECK(target->has(image.manifest_blob));

      Registry other(quick(), cancel);
      const auto source = other.repository(reference);
      const auto found = source->resolve("1.0");
      REQUIRE(found);
      CHECK(*found == image.manifest_blob);
      CHECK(oci::read_document(*source, *found) == image.manifest);
      CHECK(read_blob(*source, image.layer_blob) == image.layer);
      CHECK(source->resolve(image.manifest_blob.digest.to_string()) == image.manifest_blob);
      CHECK_FALSE(source->resolve("2.0"));
    }
  }
}

}  // namespace cbuild::registry
