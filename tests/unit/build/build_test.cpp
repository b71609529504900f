// Builds that need neither a process nor a namespace: metadata on the empty image.
#include "cbuild/build/build.h"

#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

const std::string kLabelled = "FROM scratch\nLABEL a=b\n";

std::vector<oci::Reference> names(const std::vector<std::string>& texts) {
  std::vector<oci::Reference> names;
  for (const std::string& text : texts)
    names.push_back(oci::Reference::parse(text));
  return names;
}

oci::Manifest manifest_of(World& world, const oci::Descriptor& manifest) {
  return oci::Manifest::parse(oci::read_document(world.store.blobs(), manifest));
}

exporter::Annotation annotation(const std::string& text) {
  return exporter::parse_annotation(text).front();
}

}  // namespace

TEST_CASE("an image gets all of its names; without any it is there by its ID") {
  World world;
  Request request = request_for(kLabelled);
  const Result nameless = build(request, world.services);
  REQUIRE(world.store.images().find(nameless.image_id));
  CHECK(world.store.images().find(nameless.image_id)->names.empty());
  request.tags = names({"app:1", "app:latest"});
  const Result result = build(request, world.services);
  CHECK(result.image_id == nameless.image_id);
  CHECK(result.exported == result.manifest);
  CHECK(result.pushed.empty());
  for (const oci::Reference& name : request.tags)
    CHECK(world.store.images().find(name)->id == result.image_id);
}

TEST_CASE("a build for the cache alone leaves no image") {
  World world;
  Request request = request_for(kLabelled);
  request.tags = names({"app"});
  request.outputs.resize(1);
  request.outputs[0].type = "cacheonly";
  build(request, world.services);
  CHECK(world.store.images().list().empty());
}

TEST_CASE("an image for several platforms is an index, and has its digest as ID") {
  World world;
  Request request = request_for(kLabelled);
  request.platforms.push_back(oci::Platform::parse("linux/arm64"));
  const Result result = build(request, world.services);
  CHECK(result.image_id == result.manifest.digest);
  const auto index = oci::Index::parse(oci::read_document(world.store.blobs(), result.manifest));
  REQUIRE(index.manifests.size() == 2);
  CHECK(index.manifests[0].platform == request.platforms[0]);
  CHECK(index.manifests[1].platform == request.platforms[1]);
}

TEST_CASE("one platform is an index when BUILDKIT_MULTI_PLATFORM says so") {
  World world;
  Request request = request_for(kLabelled);
  CHECK(build(request, world.services).manifest.media_type == oci::media_type::kManifest);
  request.build_args["BUILDKIT_MULTI_PLATFORM"] = "1";
  CHECK(build(request, world.services).manifest.media_type == oci::media_type::kIndex);
}

TEST_CASE("annotations change the manifest and not the image ID; the latest are kept") {
  World world;
  Request request = request_for(kLabelled);
  request.tags = names({"app"});
  const Result plain = build(request, world.services);
  request.annotations = {annotation("a=1"), annotation("manifest[linux/amd64]:b=2"),
                         annotation("manifest[linux/arm64]:c=3")};
  const Result annotated = build(request, world.services);
  CHECK(annotated.image_id == plain.image_id);
  CHECK(annotated.manifest.digest != plain.manifest.digest);
  CHECK_FALSE(annotated.manifest.platform);
  const auto known = world.store.images().find(request.tags.front());
  REQUIRE(known);
  CHECK(known->manifest.digest == annotated.manifest.digest);
  CHECK(manifest_of(world, known->manifest).annotations ==
        std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}});
  request.annotations.clear();
  build(request, world.services);
  CHECK(world.store.images().find(request.tags.front())->manifest.digest == plain.manifest.digest);
}

TEST_CASE("the epoch of the build is the time of the image, in the same bytes each time") {
  World world;
  Request request = request_for(kLabelled);
  request.source_date_epoch = 1'700'000'000;
  const Result result = build(request, world.services);
  const auto manifest = manifest_of(world, result.manifest);
  const auto config =
      oci::ImageConfig::parse(oci::read_document(world.store.blobs(), manifest.config));
  CHECK(config.created == "2023-11-14T22:13:20Z");
  World other;
  CHECK(build(request, other.services).manifest == result.manifest);
}

TEST_CASE("findings are told before the build, and fail it only when the Dockerfile says so") {
  World world;
  Request request = request_for("FROM scratch\nENV a b\n");
  std::size_t told = 0;
  request.on_findings = [&](const std::vector<graph::Diagnostic>& found) { told += found.size(); };
  build(request, world.services);
  CHECK(told == 1);
  request.dockerfile = "# check=error=true\n" + request.dockerfile;
  try {
    build(request, world.services);
    FAIL("it was built");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::build);
    CHECK(std::string(error.what()) == "lint violation found for rules: LegacyKeyValueFormat");
    CHECK(error.hint() == "the Dockerfile has check=error=true");
  }
  CHECK(told == 2);
}

TEST_CASE("build arguments that nothing takes are a warning, in one line") {
  struct Row {
    std::map<std::string, std::string> arguments;
    std::vector<std::string> lines;
  };

  const Row rows[] = {
      {{{"used", "1"}}, {}},
      {{{"used", "1"}, {"a", "1"}}, {"warning: no ARG takes the build argument a"}},
      {{{"b", "1"}, {"a", "1"}}, {"warning: no ARG takes the build arguments a, b"}},
  };
  for (const Row& row : rows) {
    World world;
    Request request = request_for("FROM scratch\nARG used\n");
    request.build_args = row.arguments;
    build(request, world.services);
    CHECK(world.progress.lines == row.lines);
  }
}

TEST_CASE("endings are in the order of the requests, whichever of them failed") {
  World world;
  Request lint = request_for("# check=error=true\nFROM scratch\nENV a b\n");
  const std::vector<Request> requests = {request_for("FRM scratch\n"), request_for(kLabelled), lint,
                                         request_for("FROM scratch\nLABEL c=d\n")};
  const std::vector<Ending> endings = build(requests, world.services);
  REQUIRE(endings.size() == 4);
  CHECK(std::holds_alternative<std::exception_ptr>(endings[0]));
  CHECK(std::holds_alternative<Result>(endings[1]));
  CHECK(std::holds_alternative<std::exception_ptr>(endings[2]));
  CHECK(std::holds_alternative<Result>(endings[3]));
  CHECK(std::get<Result>(endings[1]).image_id != std::get<Result>(endings[3]).image_id);
}

TEST_CASE("nothing is built for no request") {
  World world;
  CHECK(build(std::span<const Request>(), world.services).empty());
}

}  // namespace cbuild::build
