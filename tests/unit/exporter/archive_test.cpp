// What docker load and others find in an archive, and where exports are written.
#include "src/exporter/archive.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "src/exporter/destination.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::exporter {

TEST_CASE("manifest.json names config, layers, and tags only") {
  const oci::Digest config = oci::Digest::of("config");
  const oci::Digest layer = oci::Digest::of("layer");
  DockerImage image;
  image.manifest.config.digest = config;
  image.manifest.layers.resize(1);
  image.manifest.layers[0].digest = layer;
  const auto json = [&](const std::vector<std::string>& names, bool layers = true) {
    DockerImage named = image;
    for (const std::string& name : names)
      named.names.push_back(oci::Reference::parse(name));
    if (!layers) named.manifest.layers.clear();
    return docker_manifest_json({named});
  };
  const auto expected = [&](const std::string& tags, bool layers = true) {
    return R"([{"Config":"blobs/sha256/)" + config.hex() + R"(","Layers":[)" +
           (layers ? R"("blobs/sha256/)" + layer.hex() + "\"" : "") + R"(],"RepoTags":[)" + tags +
           "]}]";
  };
  CHECK(json({}) == expected(""));
  CHECK(json({}, false) == expected("", false));
  CHECK(json({"app:1", "localhost:5000/a/b:2"}) == expected(R"("app:1","localhost:5000/a/b:2")"));
  CHECK(json({"app:1@" + layer.to_string()}) == expected(R"("app:1")"));
  CHECK(json({"app@" + layer.to_string()}) == expected(""));
  CHECK(docker_manifest_json({}) == "[]");
}

TEST_CASE("write_to replaces a file when all is written, and leaves nothing otherwise") {
  const store::TempDirectory directory;
  const std::string path = directory.path() + "/out";
  const auto write = [&](std::string_view text) {
    write_to(path, [&](Sink& out) { out.write(as_bytes(text)); });
  };
  write("one");
  CHECK(read_file(path) == "one");
  write("two");
  CHECK(read_file(path) == "two");
  CHECK_THROWS_AS(write_to(path,
                           [](Sink& out) {
                             out.write(as_bytes("half"));
                             throw Error("stop");
                           }),
                  Error);
  CHECK(read_file(path) == "two");
  CHECK(store::names_in(directory.path()) == std::vector<std::string>{"out"});

  const mode_t mask = ::umask(0);
  ::umask(mask);

  struct stat status {};

  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == (0666 & ~mask));

  const std::string nowhere = directory.path() + "/no/out";
  CHECK_THROWS_WITH_AS(write_to(nowhere, [](Sink&) {}),
                       ("create " + nowhere + ": No such file or directory").c_str(), Error);
  CHECK_THROWS_AS(write_to(directory.path(), [](Sink&) {}), Error);
}

}  // namespace cbuild::exporter
