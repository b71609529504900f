#include "cbuild/oci/reference.h"

#include <doctest/doctest.h>

#include "cbuild/oci/platform.h"
#include "cbuild/util/error.h"

using namespace cbuild;
using namespace cbuild::oci;

TEST_CASE("Reference::parse fills in what docker fills in") {
  const std::string digest = "sha256:" + std::string(64, 'a');

  struct Row {
    std::string text;
    std::string full;
    std::string familiar;
  };

  const Row rows[] = {
      {"debian", "docker.io/library/debian:latest", "debian:latest"},
      {"debian:12", "docker.io/library/debian:12", "debian:12"},
      {"team/app", "docker.io/team/app:latest", "team/app:latest"},
      {"localhost/app", "localhost/app:latest", "localhost/app:latest"},
      {"localhost:5000/team/app:1.2", "localhost:5000/team/app:1.2", "localhost:5000/team/app:1.2"},
      {"[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"},
      {"index.docker.io/library/x", "docker.io/library/x:latest", "x:latest"},
      {"docker.io/library/x/y", "docker.io/library/x/y:latest", "library/x/y:latest"},
      {"docker.io/ghcr.io/app", "docker.io/ghcr.io/app:latest", "docker.io/ghcr.io/app:latest"},
      {"a__b/c-d.e:T_1", "docker.io/a__b/c-d.e:T_1", "a__b/c-d.e:T_1"},
      {"debian@" + digest, "docker.io/library/debian@" + digest, "debian@" + digest},
      {"debian:12@" + digest, "docker.io/library/debian:12@" + digest, "debian:12@" + digest},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Reference reference = Reference::parse(row.text);
    CHECK(reference.to_string() == row.full);
    CHECK(reference.familiar() == row.familiar);
    CHECK(Reference::parse(reference.to_string()) == reference);
  }
}

TEST_CASE("Reference::parse refuses what no registry would take") {
  const std::string rows[] = {"",
                              "Debian",
                              "a b",
                              ":tag",
                              "a:",
                              "a//b",
                              "/a",
                              "a/",
                              "a:b:c",
                              "a@sha256:12",
                              "-a",
                              "a-",
                              "a___b",
                              "a..b",
                              "a/../b",
                              "host:99999/a",
                              "host:/a",
                              std::string(300, 'a'),
                              "a:" + std::string(129, 't')};
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK_THROWS_AS(Reference::parse(text), Error);
  }
}

TEST_CASE("Platform::parse knows aliases and refuses junk") {
  CHECK(Platform::parse("linux/x86_64").to_string() == "linux/amd64");
  CHECK(Platform::parse("linux/arm64/v8").to_string() == "linux/arm64");
  CHECK(Platform::parse("linux/armhf").to_string() == "linux/arm/v7");
  CHECK(Platform::parse("arm64").to_string() == "linux/arm64");
  for (const std::string text : {"", "/", "linux/", "linux/amd64/v1/x", "linux amd64"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Platform::parse(text), Error);
  }
}

TEST_CASE("the ID of an image is no name") {
  const std::string hex(64, 'a');
  for (const std::string& id : {hex, "sha256:" + hex}) {
    CAPTURE(id);
    CHECK_FALSE(Reference::try_parse(id));
    CHECK_THROWS_WITH_AS(Reference::parse(id),
                         doctest::Contains("is an image ID, but a name is needed here"), Error);
  }
  CHECK_THROWS_WITH_AS(Reference::parse("sha256:" + hex),
                       doctest::Contains("cbuild tag aaaaaaaaaaaa NAME"), Error);
  CHECK(Reference::parse("docker.io/library/sha256:" + hex).tag == hex);  // written in full
  CHECK(Reference::try_parse(hex.substr(1)));
  CHECK(Reference::try_parse("a@sha256:" + hex));
}

TEST_CASE("match_quality prefers the exact variant and never a newer one") {
  const Platform v7 = Platform::parse("linux/arm/v7");
  CHECK(match_quality(v7, Platform::parse("linux/arm/v7")) >
        match_quality(v7, Platform::parse("linux/arm/v6")));
  CHECK(match_quality(Platform::parse("linux/arm/v6"), v7) == 0);
  CHECK(match_quality(v7, Platform::parse("linux/arm64")) == 0);
  CHECK(match_quality(Platform::parse("linux/arm64"), {"linux", "arm64", "v8", ""}) > 0);
}
