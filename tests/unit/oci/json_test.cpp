#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <limits>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "tests/support/errors.h"

using namespace cbuild;
using namespace cbuild::oci;

namespace {

const std::string kDigest = "sha256:" + std::string(64, '0');

std::string manifest_with(const std::string& members) {
  return R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
         kDigest + R"(","size":2},"layers":[])" + members + "}";
}

}  // namespace

TEST_CASE("Manifest survives a round trip, and equal manifests give equal bytes") {
  Manifest manifest;
  manifest.config = describe(media_type::kConfig, "{}");
  manifest.layers = {describe(media_type::kLayer, "layer")};
  manifest.annotations = {{"b", "2"}, {"a", "1"}};
  const std::string text = manifest.to_json();
  const Manifest again = Manifest::parse(text);
  CHECK(again.layers == manifest.layers);
  CHECK(again.config == manifest.config);
  CHECK(again.to_json() == text);
}

TEST_CASE("a manifest without layers has an empty array, not null") {
  Manifest manifest;
  manifest.config = describe(media_type::kConfig, "{}");
  CHECK(manifest.to_json().find(R"("layers":[])") != std::string::npos);
}

TEST_CASE("documents that readers could understand differently are refused") {
  CHECK_NOTHROW(Manifest::parse(manifest_with("")));
  const std::string rows[] = {
      manifest_with(R"(,"layers":[])"),     // twice
      manifest_with(R"(,"manifests":[])"),  // manifest and index
      manifest_with(R"(,"mediaType":"application/vnd.oci.image.index.v1+json")"),
      R"({"schemaVersion":2,"Config":{},"layers":[]})",  // other letter case
      R"({"schemaVersion":1,"fsLayers":[]})",
      R"({"schemaVersion":2})",
      R"([])",
      R"({)",
      "",
      std::string(5000, '['),
      R"({"schemaVersion":2,"layers":[],"config":{"digest":"sha256:../../x","size":1}})",
      R"({"schemaVersion":2,"layers":[],"config":{"digest":")" + kDigest + R"(","size":-1}})",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK_THROWS_AS(Manifest::parse(text), Error);
  }
}

TEST_CASE("a large document takes no quadratic time") {
  std::string ports;
  for (int i = 0; i < 200'000; ++i)
    ports += fmt::format("\"{}/tcp\":{{}},", i);
  std::string unknown = "{}";
  for (int i = 0; i < 300'000; ++i)
    unknown += ",{}";
  const auto begun = std::chrono::steady_clock::now();
  const ImageConfig config = ImageConfig::parse(
      R"({"os":"linux","architecture":"amd64","config":{"ExposedPorts":{)" + ports +
      R"("x":{}}},"rootfs":{"type":"layers","diff_ids":[]},"unknown":[)" + unknown + "]}");
  CHECK(config.config.exposed_ports.size() == 200'001);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
}

TEST_CASE("documents are not nested without end") {
  const auto nested = [](std::size_t depth) {
    return manifest_with(",\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK_NOTHROW(Manifest::parse(nested(63)));
  CHECK_THROWS_WITH_AS(Manifest::parse(nested(64)), doctest::Contains("more than 64 levels"),
                       Error);
}

TEST_CASE("no document is written that would not be read again") {
  ImageConfig config;
  config.platform = Platform::parse("linux/amd64");
  const std::string empty = config.to_json();
  config.config.labels["a"] = std::string(kMaxDocument - empty.size() - 17, 'x');
  REQUIRE(config.to_json().size() == kMaxDocument);
  CHECK_NOTHROW(ImageConfig::parse(config.to_json()));
  config.config.labels["a"] += "x";
  CHECK_THROWS_WITH_AS(
      config.to_json(),
      "the image config would have 4194305 bytes; documents of more than 4194304 are "
      "not read. The largest part is config.Labels.a (4.19MB)",
      Error);
  Manifest manifest;
  manifest.config = describe(media_type::kConfig, "{}");
  for (int i = 0; i < 100'000; ++i)
    manifest.annotations[fmt::format("org.example.annotation.of.a.long.name.{}", i)] = "value";
  CHECK_THROWS_WITH_AS(manifest.to_json(), doctest::Contains("The largest part is annotations ("),
                       Error);
  Index index;
  index.annotations["b"] = std::string(kMaxDocument, 'x');
  CHECK_THROWS_WITH_AS(index.to_json(), doctest::Contains("The largest part is annotations.b"),
                       Error);
}

TEST_CASE("a member of a manifest that is of another type is named") {
  struct Row {
    std::string member;
    std::string error;
  };

  const std::string digest = R"("digest":")" + kDigest + R"(")";
  const Row rows[] = {
      {R"("config":[],"layers":[])", "a descriptor is not an object"},
      {R"("config":null,"layers":[])", R"(lacks "config")"},
      {R"("layers":[])", R"(lacks "config")"},
      {R"("config":{"size":1})", R"(a descriptor lacks "digest" or "size")"},
      {R"("config":{)" + digest + "}", R"(a descriptor lacks "digest" or "size")"},
      {R"("config":{"digest":7,"size":1})", R"("digest" is not a string)"},
      {R"("config":{"digest":"sha512:00","size":1})",
       "'sha512:00' is not a digest (want sha256: and 64 lower-case hex digits)"},
      {R"("config":{"size":"1",)" + digest + "}", R"("size" is not a size)"},
      {R"("config":{"size":1.0,)" + digest + "}", R"("size" is not a size)"},
      {R"("config":{"size":-1,)" + digest + "}", R"("size" is not a size)"},
      {R"("config":{"size":18446744073709551616,)" + digest + "}", R"("size" is not a size)"},
      {R"("config":{"size":1,"mediaType":{},)" + digest + "}", R"("mediaType" is not a string)"},
      {R"("config":{"size":1,"platform":[],)" + digest + "}", R"("platform" is not an object)"},
      {R"("config":{"size":1,"annotations":{"a":1},)" + digest + "}", R"("a" is not a string)"},
      {R"("config":{"size":1,)" + digest + R"(},"layers":{})", R"("layers" is not an array)"},
      {R"("config":{"size":1,)" + digest + R"(},"layers":[1])", "a descriptor is not an object"},
      {R"("config":{"size":1,)" + digest + R"(},"annotations":[])",
       R"("annotations" is not an object)"},
      {R"("config":{"size":1,)" + digest + R"(},"artifactType":1)",
       R"("artifactType" is not a string)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.member);
    CHECK(error_of([&] { Manifest::parse(R"({"schemaVersion":2,)" + row.member + "}"); }) ==
          "manifest: " + row.error);
  }
}

TEST_CASE("the largest size is one, and null is absence") {
  const Manifest manifest = Manifest::parse(
      R"({"schemaVersion":2,"layers":null,"annotations":null,"mediaType":null,"config":{)"
      R"("size":18446744073709551615,"platform":null,"digest":")" +
      kDigest + R"("}})");
  CHECK(manifest.config.size == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(manifest.config.platform);
  CHECK(manifest.layers.empty());
  CHECK(manifest.media_type == media_type::kManifest);
}

TEST_CASE("a member in other letters is refused, also beside the right one") {
  // Go's encoding/json ignores letter case, and the last of both wins there.
  struct Row {
    std::string text;
    std::string error;
  };

  const std::string config = R"({"digest":")" + kDigest + R"(","size":1})";
  const Row rows[] = {
      {manifest_with(R"(,"Layers":[])"), R"(has the member "Layers" instead of "layers")"},
      {manifest_with(R"(,"Config":{})"), R"(has the member "Config" instead of "config")"},
      {manifest_with(R"(,"Manifests":[])"), R"(has the member "Manifests" instead of "manifests")"},
      {manifest_with(R"(,"MediaType":"x")"),
       R"(has the member "MediaType" instead of "mediaType")"},
      {manifest_with(R"(,"SchemaVersion":1)"),
       R"(has the member "SchemaVersion" instead of "schemaVersion")"},
      {R"({"manifests":[],"LAYERS":[]})", R"(has the member "LAYERS" instead of "layers")"},
      {R"({"layers":[],"config":{"digest":")" + kDigest + R"(","Digest":"x","size":1}})",
       R"(has the member "Digest" instead of "digest")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of([&] {
            media_type_of_document(row.text);
            Manifest::parse(row.text);
          }) == "manifest: " + row.error);
  }
  // What we do not read may be called anything, and keys of people are theirs.
  CHECK_NOTHROW(Manifest::parse(manifest_with(R"(,"x":1,"X":2,"annotations":{"a":"","A":""})")));
}

TEST_CASE("what is no JSON is no document") {
  const std::string good = manifest_with("");
  const std::string rows[] = {
      good + "x",
      good + good,
      good + std::string(1, '\0'),
      good + std::string(1, '\0') + "x",
      std::string(1, '\0') + good,
      "// \n" + good,
      good.substr(0, good.size() - 1),
      manifest_with(",\"x\":\"\xff\""),
      manifest_with(R"(,"x":"\ud800")"),
      manifest_with(",\"x\":\"\n\""),
      manifest_with(","),
      manifest_with(R"(,"x":NaN)"),
      manifest_with(R"(,"x":01)"),
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(Manifest::parse(text), doctest::Contains("manifest: not valid JSON: "),
                         Error);
  }
  CHECK_NOTHROW(Manifest::parse(" \t\r\n" + good + "\n"));
}

TEST_CASE("a document is at most kMaxDocument bytes long") {
  const std::string good = manifest_with("");
  const std::string largest = good + std::string(kMaxDocument - good.size(), ' ');
  CHECK_NOTHROW(Manifest::parse(largest));
  CHECK(error_of([&] { Manifest::parse(largest + " "); }) == "manifest: larger than 4194304 bytes");
}

TEST_CASE("the shape of a document says what it is, and its type must suit that") {
  struct Row {
    std::string text;
    std::string type;  ///< empty = refused
    std::string error;
  };

  const std::string docker(media_type::kDockerManifest);
  const std::string list(media_type::kDockerList);
  const Row rows[] = {
      {manifest_with(""), std::string(media_type::kManifest), ""},
      {manifest_with(R"(,"mediaType":")" + docker + R"(")"), docker, ""},
      {R"({"manifests":[]})", std::string(media_type::kIndex), ""},
      {R"({"manifests":[],"mediaType":")" + list + R"("})", list, ""},
      {R"({"config":{}})", std::string(media_type::kManifest), ""},
      {R"({"manifests":[],"mediaType":")" + docker + R"("})", "",
       "media type '" + docker + "' contradicts its content"},
      {manifest_with(R"(,"mediaType":"text/\u001b")"), "",
       "media type 'text/\\x1b' contradicts its content"},
      {R"({"manifests":[],"config":{}})", "", "is both a manifest and an index"},
      {R"({"schemaVersion":1,"layers":[]})", "",
       "is not of schema version 2 (the old schema 1 is not supported)"},
      {R"({"schemaVersion":"2","layers":[]})", "",
       "is not of schema version 2 (the old schema 1 is not supported)"},
      {R"({"fsLayers":[],"layers":[]})", "",
       "is not of schema version 2 (the old schema 1 is not supported)"},
      {R"({"schemaVersion":2})", "", "is neither an image manifest nor an index"},
      {"[]", "", "not a JSON object"},
      {"null", "", "not a JSON object"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::string type;
    const std::string error = error_of([&] { type = media_type_of_document(row.text); });
    CHECK(type == row.type);
    CHECK(error == (row.error.empty() ? "" : "manifest: " + row.error));
  }
  CHECK(error_of([] { Index::parse(manifest_with("")); }) == "not an index but an image manifest");
  CHECK(error_of([] { Manifest::parse(R"({"manifests":[]})"); }) ==
        "not an image manifest but an index");
}

TEST_CASE("Index survives a round trip") {
  Index index;
  index.media_type = media_type::kDockerList;
  index.manifests = {describe(media_type::kManifest, "a"), describe(media_type::kManifest, "b")};
  index.manifests[0].platform = Platform{"windows", "amd64", "", "10.0.17763.1"};
  index.manifests[1].platform = Platform{"linux", "arm", "v7", ""};
  index.manifests[1].annotations = {{"org.opencontainers.image.ref.name", "1.0"}};
  index.annotations = {{"a", "b"}};
  const Index again = Index::parse(index.to_json());
  CHECK(again.media_type == index.media_type);
  CHECK(again.manifests == index.manifests);
  CHECK(again.annotations == index.annotations);
  CHECK(
      Index{}.to_json() ==
      R"({"manifests":[],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2})");
}
