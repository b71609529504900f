#include "cbuild/oci/reference.h"

#include <doctest/doctest.h>

#include "tests/support/errors.h"

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

TEST_CASE("an image name that is none is refused with what is usually wrong") {
  struct Row {
    std::string text;
    std::string error;
  };

  const std::string none = "invalid reference format: ";
  const std::string want = " is not an image name (want [REGISTRY/]NAME[:TAG][@DIGEST])";
  const Row rows[] = {
      {"", none + "''" + want},
      {"a b", none + "'a b'" + want},
      {std::string("a\0b", 3), none + "'a\\x00b'" + want},
      {"a\x1b[2J", none + "'a\\x1b[2J'" + want},
      {"a:b:c", none + "'a:b:c'" + want},
      {"https://ghcr.io/team/app", none + "'https://ghcr.io/team/app' is not an image name (an "
                                          "image name is not a URL: did you mean "
                                          "ghcr.io/team/app?)"},
      {"https://", none + "'https://'" + want},
      {"app:", none + "'app:' is not an image name (the tag is missing)"},
      {"app@sha256:12",
       none + "'app@sha256:12' is not an image name (want @sha256: and 64 hexadecimal digits)"},
      {"Team/App:RC1",
       none + "repository name (Team/App:RC1) must be lowercase (did you mean team/app:RC1?)"},
      {"host:80/App",
       none + "repository name (host:80/App) must be lowercase (did you mean host:80/app?)"},
      {"app/Sub:1",
       none + "repository name (app/Sub:1) must be lowercase (did you mean app/sub:1?)"},
      {"Debian", none + "repository name (Debian) must be lowercase (did you mean debian?)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of([&] { Reference::parse(row.text); }) == row.error);
  }
  const std::string long_name(1'000'000, '!');
  CHECK(error_of([&] { Reference::parse(long_name); }).size() < 500);
}

TEST_CASE("a name is as long as registries take it") {
  const std::string longest(255, 'a');
  CHECK(Reference::try_parse("example.com/" + longest));
  CHECK_FALSE(Reference::try_parse("example.com/" + longest + "a"));
  CHECK(Reference::try_parse(longest.substr(8)));  // "library/" counts
  CHECK_FALSE(Reference::try_parse(longest.substr(7)));
  CHECK(Reference::try_parse("a:" + std::string(128, 't')));
}

TEST_CASE("the grammar of the parts of a name") {
  struct Row {
    const char* text;
    bool ok;
  };

  const Row rows[] = {
      {"a.b_c__d-e---f", true},
      {"a._b", false},
      {"a.-b", false},
      {"a_.b", false},
      {"a/_b", false},
      {"a/b_", false},
      {"0", true},
      {"\xc3\xa9", false},
      {"a:_t", true},
      {"a:.t", false},
      {"a:-t", false},
      {"a:t.-_T", true},
      {"a:t/b", false},
      {"a:t+1", false},
      {"a@b@c", false},
      {"@sha256:0000000000000000000000000000000000000000000000000000000000000000", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Reference::try_parse(row.text).has_value() == row.ok);
  }
}

TEST_CASE("the part before the first slash is a registry when it looks like a host") {
  struct Row {
    const char* text;
    const char* registry;  ///< null = refused
  };

  const Row rows[] = {
      {"localhost", "docker.io"},
      {"localhost/a", "localhost"},
      {"host/a", "docker.io"},
      {"Host/a", "Host"},
      {"host.tld/a", "host.tld"},
      {"host.tld", "docker.io"},
      {"host:80/a", "host:80"},
      {"host:80", "docker.io"},
      {"host:65535/a", "host:65535"},
      {"host:65536/a", nullptr},
      {"host:0/a", nullptr},
      {"host:8a/a", nullptr},
      {"10.0.0.1:5000/a", "10.0.0.1:5000"},
      {"a.b-c.d/e", "a.b-c.d"},
      {"a.-b/c", nullptr},
      {"a..b/c", nullptr},
      {"a_b.c/d", nullptr},
      {".a/b", nullptr},
      {"[::1]/a", "[::1]"},
      {"[fe80::1]:5000/a", "[fe80::1]:5000"},
      {"[::1]:0/a", nullptr},
      {"[::1]5000/a", nullptr},
      {"[::1/a", nullptr},
      {"[]/a", nullptr},
      {"[::g]/a", nullptr},
      {"user@host.tld/a", nullptr},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto reference = Reference::try_parse(row.text);
    REQUIRE(reference.has_value() == (row.registry != nullptr));
    if (reference) CHECK(reference->registry == row.registry);
  }
}

TEST_CASE("the parts of a name") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const Reference full = Reference::parse("ghcr.io/team/app:1@" + digest);
  CHECK(full.name() == "ghcr.io/team/app");
  CHECK(full.tag == "1");
  CHECK(full.digest == Digest::parse(digest));
  CHECK(Reference::parse("app@" + digest).tag.empty());
  CHECK_FALSE(Reference::parse("app").digest);
  CHECK(Reference::parse("docker.io/app").name() == "docker.io/library/app");
  CHECK(Reference::parse("quay.io/app").name() == "quay.io/app");
}
