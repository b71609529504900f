// The kinds of export that need no registry.
#include "cbuild/exporter/exporter.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cbuild/exporter/annotation.h"
#include "cbuild/exporter/named_image.h"
#include "cbuild/exporter/output.h"
#include "cbuild/layer/compression.h"
#include "cbuild/oci/layout.h"
#include "tests/unit/exporter/support.h"

namespace cbuild::exporter {

namespace {

std::vector<oci::Reference> names_of(const std::vector<std::string>& texts) {
  std::vector<oci::Reference> names;
  for (const std::string& text : texts)
    names.push_back(oci::Reference::parse(text));
  return names;
}

Output output_of(const std::string& type,
                 const std::string& destination = "",
                 const std::vector<std::string>& names = {}) {
  Output output;
  output.type = type;
  output.destination = destination;
  output.names = names_of(names);
  return output;
}

/// What is in the archive at `path`.
struct Unpacked : layer::Tree {
  explicit Unpacked(const std::string& path) { layer::apply_text(read_file(path), *this); }

  bool has_blob(const oci::Digest& digest) const {
    return stat("blobs/sha256/" + digest.hex()).has_value();
  }
};

/// Exports of files, which own them as they are.
struct FilesWorld : ExportWorld {
  layer::Tree root;
  layer::Tree out;

  FilesWorld() {
    root.file("a", "1", 0640);
    root.directory("dir", 0700);
    root.file("dir/b", "22");
    root.link("link", "dir/b");
    to.keep_owners = true;
    to.open_root = [this](const oci::Digest&) { return layer::tree_of(root); };
  }
};

}  // namespace

TEST_CASE("what stays in the store is exported as it is") {
  ExportWorld world;
  for (const std::string type : {"image", "cacheonly"}) {
    CAPTURE(type);
    CHECK(export_image(world.image, output_of(type), world.to) == world.image);
  }
  CHECK(world.progress.lines.empty());
  CHECK(error_of([&] { export_image(world.image, output_of("floppy"), world.to); }) ==
        "output type 'floppy' is not supported");
}

TEST_CASE("a push without a name is refused, with what gives one") {
  ExportWorld world;
  try {
    export_image(world.image, output_of("registry"), world.to);
    FAIL("it was pushed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.hint() == "give it one with --tag");
  }
}

TEST_CASE("an OCI archive is a layout with compressed layers") {
  ExportWorld world;
  const std::string path = world.directory.path() + "/out.tar";
  const Output output = output_of("oci", path, {"app:1"});
  const oci::Descriptor exported = export_image(world.image, output, world.to);
  const Unpacked archive(path);
  CHECK(archive.text("oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK_FALSE(archive.stat("manifest.json"));
  CHECK(archive.has_blob(world.id));
  CHECK(archive.has_blob(exported.digest));
  CHECK_FALSE(archive.has_blob(world.layer.diff_id));
  const auto index = oci::Index::parse(archive.text("index.json"));
  REQUIRE(index.manifests.size() == 1);
  CHECK(index.manifests[0].digest == exported.digest);
  using Map = std::map<std::string, std::string>;
  CHECK(index.manifests[0].annotations ==
        Map{{"io.containerd.image.name", "docker.io/library/app:1"},
            {"org.opencontainers.image.ref.name", "1"}});
}

TEST_CASE("a docker archive has manifest.json, and layers as they are") {
  ExportWorld world;
  const std::string path = world.directory.path() + "/out.tar";
  const Output output = output_of("docker", path, {"app:1", "b:2"});
  CHECK(export_image(world.image, output, world.to) == world.image);
  const Unpacked archive(path);
  CHECK(archive.has_blob(world.layer.diff_id));
  CHECK(holds(archive.text("manifest.json"), R"("RepoTags":["app:1","b:2"])"));
  CHECK(oci::Index::parse(archive.text("index.json")).manifests.size() == 2);  // one a name
}

TEST_CASE("an image without names is in an archive nevertheless") {
  ExportWorld world;
  const std::string path = world.directory.path() + "/out.tar";
  export_image(world.image, output_of("docker", path), world.to);
  const Unpacked archive(path);
  CHECK(holds(archive.text("manifest.json"), R"("RepoTags":[])"));
  const auto index = oci::Index::parse(archive.text("index.json"));
  REQUIRE(index.manifests.size() == 1);
  CHECK(index.manifests[0].annotations.empty());
}

TEST_CASE("several images share an archive, and what they have in common is in it once") {
  ExportWorld world;
  const auto more = store::make_layer(world.store, world.layer.chain_id, {{"more", "x"}});
  const oci::Digest other_id = store::make_image(world.store, {world.layer, more});
  const auto other = world.store.images().find(other_id)->manifest;
  const std::string path = world.directory.path() + "/out.tar";
  save_images({{world.image, names_of({"one"})}, {other, names_of({"two"})}},
              output_of("docker", path), world.to);
  const std::string bytes = read_file(path);
  const std::string name = "blobs/sha256/" + world.layer.diff_id.hex();
  const std::string header = name + std::string(100 - name.size(), '\0');
  const auto first = bytes.find(header);
  REQUIRE(first != std::string::npos);
  CHECK(bytes.find(header, first + 1) == std::string::npos);
  CHECK(Unpacked(path).has_blob(more.diff_id));
  CHECK(error_of([&] { save_images({}, output_of("docker", path), world.to); }) ==
        "there is no image to save");
}

TEST_CASE("a layout is made whole, and one that is there gets another image") {
  ExportWorld world;
  const std::string path = world.directory.path() + "/layout";
  Output output = output_of("oci", path, {"app:1"});
  output.oci_directory = true;
  const auto first = export_image(world.image, output, world.to);
  CHECK(oci::Layout::open(path).find("1").digest == first.digest);
  output.names = names_of({"app:2"});
  output.compression = layer::Compression::zstd;
  const auto second = export_image(world.image, output, world.to);
  oci::Layout layout = oci::Layout::open(path);
  CHECK(layout.index().manifests.size() == 2);
  CHECK(layout.find("1").digest == first.digest);
  CHECK(layout.find("2").digest == second.digest);
  CHECK(layout.has(oci::Manifest::parse(oci::read_document(layout, second)).layers.front()));
}

TEST_CASE("a layout that cannot be made leaves nothing") {
  ExportWorld world;
  world.cancel.cancel();
  Output output = output_of("oci", world.directory.path() + "/layout");
  output.oci_directory = true;
  CHECK_THROWS_AS(export_image(world.image, output, world.to), Interrupted);
  CHECK(store::names_in(world.directory.path()) == std::vector<std::string>{"store"});
}

TEST_CASE("annotations of an output are in its form of the image alone") {
  ExportWorld world;
  Output output = output_of("oci", world.directory.path() + "/out.tar");
  output.annotations = parse_annotation("a=b");
  output.compression = layer::Compression::none;
  const auto exported = export_image(world.image, output, world.to);
  CHECK(exported.digest != world.image.digest);
  CHECK(world.manifest_of(exported).annotations.at("a") == "b");
  CHECK(world.manifest_of(world.image).annotations.empty());
}

TEST_CASE("a directory gets the files of the image, with their modes") {
  FilesWorld world;
  const Output output = output_of("local", world.out.at("deep/files"));
  CHECK(export_image(world.image, output, world.to) == world.image);
  CHECK(world.out.text("deep/files/dir/b") == "22");
  CHECK((world.out.stat("deep/files/a")->st_mode & 07777U) == 0640);
  CHECK((world.out.stat("deep/files/dir")->st_mode & 07777U) == 0700);
  CHECK(S_ISLNK(world.out.stat("deep/files/link")->st_mode));
}

TEST_CASE("no time in exported files is later than the epoch") {
  FilesWorld world;  // its files are of second 1000
  world.to.latest_time = 500;
  export_image(world.image, output_of("local", world.out.at("files")), world.to);
  CHECK(world.out.stat("files/a")->st_mtim.tv_sec == 500);
  world.to.latest_time = 5000;
  export_image(world.image, output_of("local", world.out.at("later")), world.to);
  CHECK(world.out.stat("later/a")->st_mtim.tv_sec == 1000);
}

TEST_CASE("several platforms are in a directory each, one is in none, unless it is said") {
  FilesWorld world;
  const oci::Descriptor index = world.for_two_platforms();

  struct Row {
    oci::Descriptor image;
    std::optional<bool> split;
    std::string file;
  };

  const Row rows[] = {
      {world.image, std::nullopt, "/a"},
      {world.image, true, "/linux_amd64/a"},
      {index, std::nullopt, "/linux_arm64/a"},
      {index, true, "/linux_amd64/a"},
  };
  int number = 0;
  for (const Row& row : rows) {
    CAPTURE(row.file);
    const std::string name = fmt::format("out{}", ++number);
    Output output = output_of("local", world.out.at(name));
    output.platform_split = row.split;
    export_image(row.image, output, world.to);
    CHECK(world.out.stat(name + row.file));
    output.type = "tar";
    output.destination = world.out.at(name + ".tar");
    export_image(row.image, output, world.to);
    CHECK(Unpacked(output.destination).stat(row.file.substr(1)));
  }
}

TEST_CASE("files of several platforms do not go into one place") {
  FilesWorld world;
  Output output = output_of("tar", world.out.at("out.tar"));
  output.platform_split = false;
  const oci::Descriptor index = world.for_two_platforms();
  CHECK(error_of([&] { export_image(index, output, world.to); }) ==
        "platform-split=false: one tar cannot contain the files of several platforms under the "
        "same paths");
  CHECK_FALSE(world.out.stat("out.tar"));
  output.type = "local";
  output.destination = world.out.at("out");
  CHECK(holds(error_of([&] { export_image(index, output, world.to); }),
              "platform-split=false: linux_arm64: "));
  CHECK_FALSE(world.out.stat("out"));
}

TEST_CASE("an export that is interrupted leaves nothing under its name") {
  FilesWorld world;
  world.cancel.cancel();
  for (const std::string type : {"local", "tar", "oci", "docker"}) {
    CAPTURE(type);
    const Output output = output_of(type, world.out.at("out"));
    CHECK_THROWS_AS(export_image(world.image, output, world.to), Interrupted);
    CHECK(store::names_in(world.out.at("")).empty());
  }
}

}  // namespace cbuild::exporter
