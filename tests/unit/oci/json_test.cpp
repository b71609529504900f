#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"

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

TEST_CASE("ImageConfig keeps what it does not know") {
  const std::string text =
      R"({"architecture":"amd64","config":{"Cmd":["sh"],"Env":["A=1","B"],"Labels":{"l":"v"},"Strange":7},)"
      R"("os":"linux","rootfs":{"diff_ids":[")" +
      kDigest + R"("],"type":"layers"},"vendor.field":{"x":[1]}})";
  const ImageConfig config = ImageConfig::parse(text);
  CHECK(config.config.env == std::vector<std::string>{"A=1", "B"});
  CHECK(config.to_json() == text);
}

TEST_CASE("ImageConfig tells an absent Cmd from an empty one") {
  const auto parse = [](const std::string& cmd) {
    return ImageConfig::parse(R"({"os":"linux","architecture":"amd64","config":{)" + cmd +
                              R"(},"rootfs":{"type":"layers","diff_ids":[]}})");
  };
  CHECK(!parse("").config.cmd.has_value());
  CHECK(!parse(R"("Cmd":null)").config.cmd.has_value());
  CHECK(parse(R"("Cmd":[])").config.cmd.has_value());
}

TEST_CASE("choose_platform never takes an attestation and lists what there is") {
  Index index;
  Descriptor attestation = describe(media_type::kManifest, "a");
  attestation.platform = Platform{"unknown", "unknown", "", ""};
  Descriptor arm = describe(media_type::kManifest, "b");
  arm.platform = Platform{"linux", "arm64", "", ""};
  index.manifests = {attestation, arm};
  CHECK(choose_platform(index, Platform::parse("linux/arm64")).digest == arm.digest);
  CHECK_THROWS_WITH_AS(choose_platform(index, Platform::parse("linux/amd64")),
                       "no image for platform linux/amd64 (there is: linux/arm64)", Error);
}
