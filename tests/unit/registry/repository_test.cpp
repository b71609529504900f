// The pure parts of repositories: tags, types of manifests, Location after https.
#include "src/registry/repository.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

TEST_CASE("is_tag follows the grammar") {
  for (const std::string text : {"1", "latest", "_a", "1.0-b_C", "v1.2.3"})
    CHECK(is_tag(text));
  CHECK(is_tag(std::string(128, 'a')));
  CHECK_FALSE(is_tag(std::string(129, 'a')));
  for (const std::string text : {"", ".", "..", "-a", "a/b", "a:b", "a b", "a\n", "ä", "a?b"})
    CHECK_FALSE(is_tag(text));
}

TEST_CASE("manifest_type is what Content-Type and content agree on") {
  using namespace oci::media_type;
  const std::string oci =
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[]})";
  const std::string bare = R"({"schemaVersion":2,"config":{},"layers":[]})";

  struct Row {
    std::optional<std::string> header;
    std::string bytes;
    std::string result;  // empty = refused
  };

  const Row rows[] = {
      {std::string(kManifest), oci, std::string(kManifest)},
      {std::string(kManifest) + "; charset=utf-8", oci, std::string(kManifest)},
      {"application/json", oci, std::string(kManifest)},
      {std::nullopt, oci, std::string(kManifest)},
      {std::string(kIndex), oci, ""},
      {std::string(kDockerManifest), oci, ""},
      {std::string(kDockerManifest), bare, std::string(kDockerManifest)},
      {std::string(kManifest), bare, std::string(kManifest)},
      {std::string(kIndex), bare, ""},
      {"text/html", oci, ""},
      {"application/vnd.docker.distribution.manifest.v1+prettyjws", R"({"schemaVersion":1})", ""},
      {std::string(kManifest), "no JSON", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.header.value_or("-"));
    CAPTURE(row.bytes);
    std::string type;
    try {
      type = manifest_type(row.header, row.bytes);
    } catch (const Error&) {
    }
    CHECK(type == row.result);
  }
}

}  // namespace cbuild::registry
