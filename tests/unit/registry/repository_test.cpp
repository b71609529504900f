// The pure parts of repositories: tags, types of manifests, Location after https.
#include "src/registry/repository.h"

#include <doctest/doctest.h>

#include <string>

#include "cbuild/oci/reference.h"
#include "src/registry/content_digest.h"
#include "src/registry/http_response.h"
#include "tests/support/errors.h"

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

TEST_CASE("a digest that the registry announces is that of its bytes, if it is one") {
  const oci::Digest digest = oci::Digest::of("bytes");
  const oci::Digest other = oci::Digest::of("others");
  const Url url = *Url::try_parse("https://r.example/v2/a/manifests/1?token=x");
  const auto check = [&](std::vector<Header> headers) {
    return error_of([&] { check_content_digest({200, std::move(headers)}, digest, url); });
  };
  CHECK(check({}).empty());
  CHECK(check({{"docker-content-digest", digest.to_string()}}).empty());
  CHECK(check({{"Docker-Content-Digest", "nonsense"}}).empty());
  CHECK(check({{"Docker-Content-Digest", other.to_string()}}) ==
        "https://r.example/v2/a/manifests/1: the registry announces " + other.to_string() +
            ", but the content has the digest " + digest.to_string());
}

TEST_CASE("what is stored, by the answers that registries give") {
  for (const int status : {200, 201, 202, 204})
    CHECK(is_stored(status));
  for (const int status : {203, 206, 304, 400, 404, 500})
    CHECK_FALSE(is_stored(status));
}

}  // namespace cbuild::registry
