// Archives of `docker save`, well-formed and not.
#include "src/cli/docker_archive.h"

#include <doctest/doctest.h>

#include "cbuild/layer/compression.h"
#include "cbuild/layer/compressor.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/string_stream.h"
#include "tests/support/errors.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::cli {
namespace {

const CancelToken kNever;

/// An unpacked archive with the given manifest.json.
struct Archive : layer::Tree {
  explicit Archive(const std::string& manifest) {
    file("manifest.json", manifest);
    file("config", "{}");
    file("one", "layer one");
    file("two", "layer two");
    directory("dir");
  }

  std::unique_ptr<DockerArchive> open() const { return DockerArchive::open(at(""), kNever); }

  std::string error() const {
    return error_of([&] { open(); });
  }
};

std::string read(DockerArchive& archive, const oci::Descriptor& blob) {
  return read_all(*archive.open(blob), 1 << 20);
}

TEST_CASE("images of an archive have a manifest of what it names") {
  const Archive files(
      R"([{"Config":"config","RepoTags":["app:1","b"],"Layers":["one","two"]},
          {"Config":"config","RepoTags":null,"Layers":["one"]}])");
  const auto archive = files.open();
  REQUIRE(archive->images().size() == 2);
  const DockerArchive::Entry& image = archive->images()[0];
  CHECK(image.names.size() == 2);
  CHECK(image.names[1].to_string() == "docker.io/library/b:latest");
  CHECK(archive->images()[1].names.empty());
  const auto manifest = oci::Manifest::parse(read(*archive, image.manifest));
  CHECK(manifest.config.media_type == oci::media_type::kConfig);
  CHECK(read(*archive, manifest.config) == "{}");
  REQUIRE(manifest.layers.size() == 2);
  CHECK(manifest.layers[0].media_type == oci::media_type::kLayer);
  CHECK(manifest.layers[0].size == 9);
  CHECK(read(*archive, manifest.layers[1]) == "layer two");
  for (const oci::Descriptor& blob : manifest.layers)
    CHECK(archive->has(blob));
}

TEST_CASE("the compression of a layer is seen from its bytes") {
  const auto type_of = [](layer::Compression compression) {
    StringSink packed;
    const auto compressor = layer::compress(compression, packed);
    compressor->write(as_bytes("content"));
    compressor->finish();
    const Archive files(R"([{"Config":"config","Layers":["packed"]}])");
    files.file("packed", packed.take());
    const auto archive = files.open();
    const auto manifest = oci::Manifest::parse(read(*archive, archive->images().front().manifest));
    return manifest.layers.front().media_type;
  };
  CHECK(type_of(layer::Compression::none) == oci::media_type::kLayer);
  CHECK(type_of(layer::Compression::gzip) == oci::media_type::kLayerGzip);
  CHECK(type_of(layer::Compression::zstd) == oci::media_type::kLayerZstd);
  const Archive xz(R"([{"Config":"config","Layers":["packed"]}])");
  xz.file("packed", std::string("\xFD"
                                "7zXZ\0rest",
                                10));
  CHECK(xz.error() == "packed: a layer in xz is not supported");
}

TEST_CASE("paths stay within the archive") {
  const Archive files(R"([{"Config":"link","Layers":[]}])");
  const layer::Tree outside;
  outside.file("secret", "secret");
  files.link("link", outside.at("secret"));
  CHECK_FALSE(files.error().empty());
  for (const std::string path : {"../secret", "dir/../../../etc/passwd", "/etc/passwd"}) {
    CAPTURE(path);
    const Archive other(R"([{"Config":")" + path + R"(","Layers":[]}])");
    CHECK_FALSE(other.error().empty());
  }
}

TEST_CASE("a link within the archive is followed, as docker has layers that are the same") {
  const Archive files(R"([{"Config":"config","Layers":["again"]}])");
  files.link("again", "one");
  const auto archive = files.open();
  const auto manifest = oci::Manifest::parse(read(*archive, archive->images().front().manifest));
  CHECK(read(*archive, manifest.layers.front()) == "layer one");
}

TEST_CASE("what is wrong with an archive is named") {
  struct Row {
    std::string manifest;
    std::string error;
  };

  const Row rows[] = {
      {"", "manifest.json: "},
      {"[{}]", "manifest.json: "},
      {"[7]", "manifest.json: "},
      {R"([{"Config":7}])", "manifest.json: "},
      {R"([{"Config":"config","Layers":"one"}])", "manifest.json: "},
      {R"([{"Config":"config","Layers":[null]}])", "manifest.json: "},
      {R"([{"Config":"none"}])", "none"},
      {R"([{"Config":"dir"}])", "dir is not a regular file"},
      {R"([{"Config":"config","RepoTags":["UPPER"]}])", "UPPER"},
      {R"([{"Config":"\u001b[2J"}])", "\\x1b[2J"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.manifest);
    const std::string error = Archive(row.manifest).error();
    CAPTURE(error);
    CHECK(holds(error, row.error));
    CHECK_FALSE(holds(error, "\x1b"));
  }
  const layer::Tree empty;
  CHECK(holds(error_of([&] { DockerArchive::open(empty.at(""), kNever); }), "manifest.json"));
}

TEST_CASE("a file that changed since it was hashed is not read as what it was") {
  const Archive files(R"([{"Config":"config","Layers":["one"]}])");
  const auto archive = files.open();
  const auto manifest = oci::Manifest::parse(read(*archive, archive->images().front().manifest));
  files.file("one", "LAYER ONE");
  CHECK_THROWS_AS(read(*archive, manifest.layers.front()), Error);
}

TEST_CASE("an archive is read, and nothing but what it names") {
  const Archive files(R"([{"Config":"config","Layers":[]}])");
  const auto archive = files.open();
  const auto other = oci::describe(oci::media_type::kLayer, "layer two");
  CHECK_FALSE(archive->has(other));
  CHECK(error_of([&] { archive->open(other); }) ==
        other.digest.to_string() + " is not in the archive");
  CHECK_THROWS_AS(archive->create(other), Error);
}

TEST_CASE("hashing ends when it is interrupted") {
  const Archive files(R"([{"Config":"config","Layers":["one"]}])");
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(DockerArchive::open(files.at(""), cancel), Interrupted);
}

}  // namespace
}  // namespace cbuild::cli
