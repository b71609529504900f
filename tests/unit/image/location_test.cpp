// Texts that name images: docker-image://, oci-layout://.
#include "cbuild/image/location.h"

#include <doctest/doctest.h>

#include "tests/unit/image/support.h"

namespace cbuild::image {

TEST_CASE("oci-layout:// splits into path and digest or tag") {
  struct Row {
    std::string text;
    LayoutImage image;
  };

  const Row rows[] = {
      {"oci-layout:///a/b", {"/a/b", ""}},
      {"oci-layout://b:1", {"b", "1"}},
      {"oci-layout:///a/b:1.2-x", {"/a/b", "1.2-x"}},
      {"oci-layout:///a:1/b", {"/a:1/b", ""}},  // no tag holds a slash
      {"oci-layout:///a/b@sha256:12", {"/a/b", "sha256:12"}},
      {"oci-layout:///a/b:1@sha256:12", {"/a/b", "sha256:12"}},  // the digest decides
      {"oci-layout://", {"", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto location = parse_location(row.text);
    REQUIRE(location);
    CHECK(*location == Location(row.image));
  }
}

TEST_CASE("schemes of registries name references, and scratch no image") {
  const Location app = oci::Reference::parse("localhost:5000/app:2");
  for (const char* scheme : {"docker-image://", "container-image://", "docker://"}) {
    CAPTURE(scheme);
    CHECK(parse_location(scheme + std::string("localhost:5000/app:2")) == app);
    CHECK(parse_location(scheme + std::string("scratch")) == Location(Scratch{}));
    CHECK_THROWS_AS(parse_location(scheme), Error);
    CHECK_THROWS_AS(parse_location(scheme + std::string("UPPER")), Error);
  }
  const Location other = oci::Reference::parse("scratch:1");
  CHECK(parse_location("docker-image://scratch:1") == other);
}

TEST_CASE("every other text names no image") {
  for (const char* text : {"", ".", "/a/b", "debian:12", "https://host/x.tar", "git@host:x",
                           "oci-layout:/a", "OCI-LAYOUT://a", " docker://a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_location(text));
  }
}

}  // namespace cbuild::image
