// Base images without a registry, and configs from instructions.
#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/changes.h"
#include "cbuild/build/offline_resolver.h"
#include "cbuild/image/write_image.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/build/support.h"

namespace cbuild::build {

namespace {

const auto kAmd64 = oci::Platform::parse("linux/amd64");

}  // namespace

TEST_CASE("an image that the store has is resolved to it, also by a named context") {
  World world;
  oci::ImageConfig config;
  config.platform = kAmd64;
  const auto name = oci::Reference::parse("app");
  const image::StoredImage image = image::write_image(world.store.blobs(), config, {});
  world.store.images().add(image.id, image.manifest, std::span(&name, 1));
  OfflineResolver resolver(&world.store, {{"ctx", image::Location(name)}});
  for (const auto& found :
       {resolver.resolve(name, kAmd64), resolver.resolve_context("ctx", kAmd64)}) {
    CHECK(found.is_known);
    CHECK(found.reference == name);
    CHECK(found.manifest == image.manifest.digest);
  }
  CHECK(resolver.unknown().empty());
}

TEST_CASE("an image that the store lacks is empty, of the platform that is asked for") {
  World world;
  OfflineResolver without_store(nullptr);
  OfflineResolver with_store(&world.store,
                             {{"layout", image::Location(image::LayoutImage{"/l", ""})}});
  for (OfflineResolver* resolver : {&without_store, &with_store}) {
    const auto found = resolver->resolve(oci::Reference::parse("app:1"), kAmd64);
    CHECK_FALSE(found.is_known);
    CHECK(found.config.diff_ids.empty());
    CHECK(found.config.platform == kAmd64);
  }
  CHECK_FALSE(with_store.resolve_context("layout", kAmd64).is_known);
  CHECK(with_store.unknown() == std::vector<std::string>{"app:1", "layout"});
  CHECK(without_store.unknown() == std::vector<std::string>{"app:1"});
}

TEST_CASE("unknown images of different names are different images") {
  OfflineResolver resolver(nullptr);
  const auto one = resolver.resolve(oci::Reference::parse("one"), kAmd64);
  const auto two = resolver.resolve(oci::Reference::parse("two"), kAmd64);
  CHECK(one.manifest != two.manifest);
  const auto digest = oci::Digest::of("x");
  const auto pinned = oci::Reference::parse("one@" + digest.to_string());
  CHECK(resolver.resolve(pinned, kAmd64).manifest == digest);
}

TEST_CASE("--change sets what instructions of metadata set, and leaves no history") {
  const auto config = config_of_changes({"CMD [\"bash\"]", "ENV A=b", "LABEL c=d"});
  CHECK(config.config.cmd == std::vector<std::string>{"bash"});
  CHECK(config.config.labels.at("c") == "d");
  CHECK(config.history.empty());
  CHECK(config_of_changes({}).history.empty());
}

TEST_CASE("--change refuses what needs a build") {
  for (const char* change : {"RUN true", "COPY a b", "ADD a b", "FROM other"}) {
    CAPTURE(change);
    CHECK_THROWS_AS(config_of_changes({change}), Error);
  }
  CHECK_THROWS_AS(config_of_changes({"CMDD x"}), BuildFailed);
}

}  // namespace cbuild::build
