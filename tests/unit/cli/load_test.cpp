// Images that go from one store to another: `cbuild save` and `cbuild load`.
#include "tests/unit/cli/command_run.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::cli {
namespace {

oci::ImageConfig marked(const std::string& mark) {
  oci::ImageConfig config = config_of("2999-01-01T00:00:00Z");
  config.author = mark;
  return config;
}

TEST_CASE("an image comes out of each form of archive as it went in") {
  for (const std::string format : {"docker-archive", "oci-archive", "oci-dir"}) {
    CAPTURE(format);
    const Shell from;
    const auto id = from.add_image(marked("one"), {"app:1", "localhost:5000/team/app:2"});
    const std::string path = from.at("saved");
    CHECK(from.run("save", {"--format", format, "-o", path, "app:1", "localhost:5000/team/app:2"})
              .error.empty());
    const Shell to;
    const Ran loaded = to.run("load", {"-i", path});
    CHECK(loaded.error.empty());
    CHECK(loaded.out == "Loaded image: app:1\nLoaded image: localhost:5000/team/app:2\n");
    CHECK(to.run("images", {"-q", "--no-trunc"}).out == id.to_string() + "\n");
  }
}

TEST_CASE("an image that is saved by its ID comes back without a name") {
  const Shell from;
  const auto id = from.add_image(marked("one"), {"app:1"});
  from.run("save", {"-o", from.at("saved"), id.short_hex()});
  const Shell to;
  CHECK(to.run("load", {"-i", from.at("saved")}).out ==
        "Loaded image ID: " + id.to_string() + "\n");
}

TEST_CASE("who loses a name to what is loaded is told, in docker's words") {
  const Shell from;
  from.add_image(marked("new"), {"app:1"});
  from.run("save", {"-o", from.at("saved"), "app:1"});
  const Shell to;
  const auto former = to.add_image(marked("old"), {"app:1"});
  CHECK(to.run("load", {"-i", from.at("saved")}).out ==
        "The image app:1 already exists, renaming the old one with ID " + former.to_string() +
            " to empty string\nLoaded image: app:1\n");
  // Again, nobody loses anything.
  CHECK(to.run("load", {"-i", from.at("saved")}).out == "Loaded image: app:1\n");
}

TEST_CASE("what is no archive is the user's fault, and named") {
  const Shell shell;
  const layer::Tree files;
  files.file("text", "no archive");
  files.file("empty.tar", layer::Tar().end().bytes);
  files.file("other.tar", layer::Tar().file("a", "b").end().bytes);
  files.directory("directory");

  struct Row {
    std::string path;
    std::string error;
  };

  const Row rows[] = {
      {files.at("missing"), "No such file or directory"},
      {files.at("text"), "load " + files.at("text") + ": "},
      {files.at("empty.tar"), files.at("empty.tar") + " is empty"},
      {files.at("other.tar"), " is neither a docker archive nor an OCI layout"},
      {files.at("directory"), files.at("directory") + " is empty"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const Ran ran = shell.run("load", {"-i", row.path});
    CAPTURE(ran.error);
    CHECK(holds(ran.error, row.error));
    CHECK(ran.code == static_cast<int>(ErrorKind::usage));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("save needs a place for a directory, and images that are there") {
  const Shell shell;
  shell.add_image(marked("one"), {"app"});
  CHECK(shell.run("save", {"--format", "oci-dir", "app"}).error ==
        "--format oci-dir needs a directory: --output PATH");
  CHECK(shell.run("save", {"-o", shell.at("saved"), "app", "none"}).code ==
        static_cast<int>(ErrorKind::usage));
  CHECK_FALSE(read_file_if_exists(shell.at("saved")));
  CHECK(holds(shell.run("save", {"app"}).out, "manifest.json"));  // to standard output
}

}  // namespace
}  // namespace cbuild::cli
