// What --metadata-file holds.
#include "src/cli/metadata_file.h"

#include <doctest/doctest.h>

#include "cbuild/build/request.h"
#include "cbuild/oci/manifest.h"
#include "tests/support/errors.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::cli {
namespace {

/// The result of a build, as the store has it.
struct Built {
  store::TempDirectory directory;
  store::Store store{directory.store()};
  oci::Digest id = store::make_image(store, {});
  oci::Descriptor manifest = store.images().find(id)->manifest;
  build::Request request;

  std::string json(const oci::Descriptor& exported) {
    return metadata_json(request, {id, manifest, exported, {}}, store.blobs());
  }
};

TEST_CASE("an image of one platform is told with its configuration") {
  Built built;
  built.request.tags = {oci::Reference::parse("app:1")};
  CHECK(built.json(built.manifest) ==
        fmt::format(R"({{
  "containerimage.config.digest": "{0}",
  "containerimage.descriptor": {{
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "digest": "{1}",
    "size": {2},
    "annotations": {{
      "config.digest": "{0}"
    }}
  }},
  "containerimage.digest": "{1}",
  "image.name": "docker.io/library/app:1"
}}
)",
                    built.id.to_string(), built.manifest.digest.to_string(), built.manifest.size));
}

TEST_CASE("an index has no configuration, and without names none are told") {
  Built built;
  oci::Index index;
  index.manifests = {built.manifest};
  const std::string text = index.to_json();
  const oci::Descriptor exported = oci::describe(index.media_type, text);
  oci::write_blob(built.store.blobs(), exported, text);
  const std::string json = built.json(exported);
  CHECK(holds(json, exported.digest.to_string()));
  for (const std::string part : {"config.digest", "annotations", "image.name"}) {
    CAPTURE(part);
    CHECK_FALSE(holds(json, part));
  }
}

TEST_CASE("annotations of the descriptor are told beside the configuration") {
  Built built;
  oci::Descriptor exported = built.manifest;
  exported.annotations = {{"a", "b\""}};
  CHECK(
      holds(built.json(exported), "\"annotations\": {\n      \"a\": \"b\\\"\",\n      \"config."));
}

TEST_CASE("names of tags and outputs are told once each") {
  Built built;
  const auto app = oci::Reference::parse("app:1");
  const auto other = oci::Reference::parse("localhost:5000/b:2");
  built.request.tags = {app};
  built.request.outputs.resize(2);
  built.request.outputs[0].names = {app, other};
  built.request.outputs[1].names = {other};
  CHECK(holds(built.json(built.manifest),
              R"("image.name": "docker.io/library/app:1,localhost:5000/b:2")"));
}

}  // namespace
}  // namespace cbuild::cli
