// Choosing among the manifests of an index, artifacts, and the chain of layers.
#include "cbuild/oci/manifest.h"

#include <doctest/doctest.h>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "tests/support/errors.h"

namespace cbuild::oci {

namespace {

Descriptor offer(const std::string& content, std::optional<Platform> platform) {
  Descriptor manifest = describe(media_type::kManifest, content);
  manifest.platform = std::move(platform);
  return manifest;
}

Descriptor offer(const std::string& platform) {
  return offer(platform, Platform::parse(platform));
}

std::string chosen(const std::vector<Descriptor>& offers, const std::string& wanted) {
  Index index;
  index.manifests = offers;
  const Descriptor best = choose_platform(index, Platform::parse(wanted));
  return best.platform ? best.platform->to_string() : "without";
}

}  // namespace

TEST_CASE("choose_platform takes the best, whatever the order") {
  const Descriptor without = offer("x", std::nullopt);
  const Descriptor v7 = offer("linux/arm/v7");
  const Descriptor v6 = offer("linux/arm/v6");
  const Descriptor arm64 = offer("linux/arm64");
  CHECK(chosen({v6, v7, arm64}, "linux/arm/v7") == "linux/arm/v7");
  CHECK(chosen({arm64, v7, v6}, "linux/arm64") == "linux/arm64");
  CHECK(chosen({v6, v7}, "linux/arm64") == "linux/arm/v7");
  // What tells no platform is taken when nothing that tells one suits.
  CHECK(chosen({without, v6}, "linux/arm/v6") == "linux/arm/v6");
  CHECK(chosen({v7, without}, "linux/s390x") == "without");
}

TEST_CASE("choose_platform takes the first of equal ones") {
  Index index;
  index.manifests = {offer("a", Platform::parse("linux/amd64")),
                     offer("b", Platform::parse("linux/amd64"))};
  CHECK(choose_platform(index, Platform::parse("linux/amd64")).digest == Digest::of("a"));
}

TEST_CASE("choose_platform lists what there is, fit for a terminal") {
  Index index;
  index.manifests = {offer("a", std::nullopt), offer("b", Platform{"win\x1b[2J", "amd64", "", ""})};
  index.manifests[0].annotations["vnd.docker.reference.type"] = "attestation-manifest";
  CHECK(error_of([&] { choose_platform(index, Platform::parse("linux/amd64")); }) ==
        "no image for platform linux/amd64 (there is: win\\x1b[2J/amd64)");
  index.manifests.clear();
  CHECK(error_of([&] { choose_platform(index, Platform::parse("linux/amd64")); }) ==
        "no image for platform linux/amd64 (there is: none)");
}

TEST_CASE("an attestation is told by its annotation or by its platform") {
  Descriptor manifest = offer("linux/amd64");
  CHECK_FALSE(is_attestation(manifest));
  CHECK_FALSE(is_attestation(offer("x", std::nullopt)));
  CHECK(is_attestation(offer("x", Platform{"unknown", "unknown", "", ""})));
  manifest.annotations["vnd.docker.reference.digest"] = "sha256:of what it tells";
  CHECK_FALSE(is_attestation(manifest));
  manifest.annotations["vnd.docker.reference.type"] = "";
  CHECK(is_attestation(manifest));
}

TEST_CASE("artifact_type_of tells what has the shape of an image and is none") {
  constexpr std::string_view kEmpty = "application/vnd.oci.empty.v1+json";
  constexpr std::string_view kChart = "application/vnd.cncf.helm.config.v1+json";

  struct Row {
    std::string_view config_type;
    std::string config;
    std::string artifact_type;
    std::optional<std::string> result;
  };

  const Row rows[] = {
      {media_type::kConfig, R"({"os":"linux"})", "", std::nullopt},
      {media_type::kDockerConfig, R"({"os":"linux"})", "", std::nullopt},
      {media_type::kConfig, "{}", "", std::nullopt},
      // oras before 1.1 wrote an empty image config for its artifacts.
      {media_type::kConfig, "{}", "text/x", "text/x"},
      {media_type::kConfig, R"({"os":"linux"})", "text/x", std::nullopt},
      {kEmpty, "{}", "text/x", "text/x"},
      {kEmpty, "{}", "", std::string(kEmpty)},
      {kChart, R"({"name":"chart"})", "", std::string(kChart)},
      {kChart, R"({"name":"chart"})", "text/x", "text/x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config_type);
    CAPTURE(row.config);
    CAPTURE(row.artifact_type);
    Manifest manifest;
    manifest.config = describe(row.config_type, row.config);
    manifest.artifact_type = row.artifact_type;
    CHECK(artifact_type_of(manifest) == row.result);
  }
}

TEST_CASE("chain_of names the stack of all layers, base first") {
  const Digest a = Digest::of("a");
  const Digest b = Digest::of("b");
  const Digest c = Digest::of("c");
  CHECK_FALSE(chain_of({}));
  CHECK(chain_of({a}) == a);
  CHECK(chain_of({a, b, c}) == chain_id(chain_id(a, b), c));
  CHECK(chain_of({a, b, c}) != chain_of({b, a, c}));
}

}  // namespace cbuild::oci
