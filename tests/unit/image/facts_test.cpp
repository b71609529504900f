// What commands show of an image.
#include "cbuild/image/facts.h"

#include <doctest/doctest.h>

#include "cbuild/image/names.h"
#include "cbuild/image/write_image.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/image/support.h"

namespace cbuild::image {

namespace {

oci::ImageConfig config_for(const std::string& platform) {
  oci::ImageConfig config;
  config.platform = oci::Platform::parse(platform);
  return config;
}

/// An index of an image for each platform.
store::Image make_index(World& world, const std::vector<std::string>& platforms) {
  oci::Index index;
  for (const std::string& platform : platforms) {
    oci::Descriptor manifest = write_image(world.store.blobs(), config_for(platform), {}).manifest;
    manifest.platform = oci::Platform::parse(platform);
    index.manifests.push_back(std::move(manifest));
  }
  const std::string json = index.to_json();
  store::Image image;
  image.manifest = oci::describe(index.media_type, json);
  image.id = image.manifest.digest;
  oci::write_blob(world.store.blobs(), image.manifest, json);
  return image;
}

}  // namespace

TEST_CASE("sizes are those of the layers as tars, else of their blobs") {
  World world;
  const auto base = store::make_layer(world.store, std::nullopt, {{"a", "1"}});
  oci::ImageConfig config = config_for("linux/amd64");
  config.created = "1970-01-01T00:00:07Z";
  const auto packed = oci::describe(oci::media_type::kLayerGzip, "four");
  const StoredImage written =
      write_image(world.store.blobs(), config,
                  {{base.diff_id, packed}, {oci::Digest::of("not unpacked"), packed}});
  const Facts facts = read_facts(world.store, {written.id, written.manifest, 42, {}, {}});
  CHECK(facts.layer_sizes == std::vector<std::uint64_t>{base.size, 4});
  CHECK(facts.size == base.size + 4);
  CHECK(facts.created == 7);
  CHECK(facts.platforms.empty());
}

TEST_CASE("an image whose config has no time has that of its arrival in the store") {
  World world;
  const StoredImage written = write_image(world.store.blobs(), config_for("linux/amd64"), {});
  CHECK(read_facts(world.store, {written.id, written.manifest, 42, {}, {}}).created == 42);
}

TEST_CASE("of several platforms the one that is asked for is shown, else this machine's") {
  World world;
  const std::string host = oci::Platform::host().to_string();
  const store::Image image = make_index(world, {"linux/s390x", host});
  const auto shown = [&](const std::string& platform) {
    return read_facts(world.store, image, platform).config.platform.to_string();
  };
  CHECK(shown("") == host);
  CHECK(shown("linux/s390x") == "linux/s390x");
  const std::string message = error_of([&] { shown("linux/ppc64le"); });
  CHECK_MESSAGE(holds(message, "no variant for linux/ppc64le"), message);
  CHECK(platform_names(read_facts(world.store, image)) ==
        std::vector<std::string>{"linux/s390x", host});
}

TEST_CASE("an image that is not there is told with the nearest name") {
  World world;
  const StoredImage written = write_image(world.store.blobs(), config_for("linux/amd64"), {});
  const auto name = oci::Reference::parse("webapp");
  world.store.images().add(written.id, written.manifest, std::span(&name, 1));
  CHECK(require_image(world.store, "webapp").id == written.id);
  const std::string near = error_of([&] { require_image(world.store, "webap"); });
  CHECK_MESSAGE(holds(near, "(did you mean webapp?)"), near);
  CHECK_FALSE(holds(error_of([&] { require_image(world.store, "other"); }), "did you mean"));
}

TEST_CASE("names are shown as people write them, and digests belong to a repository") {
  const auto digest = oci::Digest::of("x");
  const auto other = oci::Digest::of("y");
  store::Image image;
  image.names = {oci::Reference::parse("app:1"), oci::Reference::parse("host:5000/app"),
                 oci::Reference::parse("app@" + digest.to_string())};
  image.digests = {oci::Reference::parse("host:5000/app@" + other.to_string())};
  CHECK(familiar_names(image).size() == 3);
  CHECK(tagged_names(image) == std::vector<std::string>{"app:1", "host:5000/app:latest"});
  CHECK(digest_at(image, image.names[0]) == std::nullopt);
  CHECK(digest_at(image, image.names[1]) == other);
  CHECK(digest_at(image, image.names[2]) == digest);
}

}  // namespace cbuild::image
