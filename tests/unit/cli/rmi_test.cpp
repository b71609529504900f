// How images get and lose names: `cbuild tag` and `cbuild rmi`.
#include <algorithm>

#include "cbuild/util/text.h"
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

oci::ImageConfig marked(const std::string& mark) {
  oci::ImageConfig config = config_of("2999-01-01T00:00:00Z");
  config.author = mark;
  return config;
}

/// Names of the image; "gone" when it is not there.
std::string names_of(const Shell& shell, const oci::Digest& id) {
  return shell.with_store([&](store::Store& store) -> std::string {
    const auto image = store.images().find(id);
    if (!image) return "gone";
    std::vector<std::string> names;
    for (const oci::Reference& name : image->names)
      names.push_back(name.familiar());
    std::ranges::sort(names);
    return join(names, " ");
  });
}

TEST_CASE("a name is taken from its image; with the last one the image goes") {
  const Shell shell;
  const auto id = shell.add_image(marked("one"), {"app:1", "app:2"});
  CHECK(shell.run("rmi", {"app:1"}).out == "Untagged: app:1\n");
  CHECK(names_of(shell, id) == "app:2");
  CHECK(shell.run("rmi", {"app:2"}).out == "Untagged: app:2\nDeleted: " + id.to_string() + "\n");
  CHECK(names_of(shell, id) == "gone");
}

TEST_CASE("an ID removes an image of one name at most, or any by force") {
  const Shell shell;
  const auto one = shell.add_image(marked("one"), {"app:1"});
  const auto none = shell.add_image(marked("none"), {});
  const auto two = shell.add_image(marked("two"), {"a:1", "b:1"});
  CHECK(shell.run("rmi", {one.short_hex(), none.to_string()}).out ==
        "Untagged: app:1\nDeleted: " + one.to_string() + "\nDeleted: " + none.to_string() + "\n");
  const Ran refused = shell.run("rmi", {two.short_hex()});
  CHECK(refused.error == "image " + two.short_hex() + " has several names: a:1, b:1");
  CHECK(names_of(shell, two) == "a:1 b:1");
  CHECK(shell.run("rmi", {"-f", two.short_hex()}).code == 0);
  CHECK(names_of(shell, two) == "gone");
}

TEST_CASE("what cannot be removed does not keep the others") {
  const Shell shell;
  const auto id = shell.add_image(marked("one"), {"app:1"});
  const Ran ran = shell.run("rmi", {"none\033", "app:1"});
  CHECK(ran.code == static_cast<int>(ErrorKind::usage));
  CHECK(ran.error == "no image 'none\\x1b' in the store");
  CHECK(names_of(shell, id) == "gone");
  CHECK(shell.run("rmi", {"--force", "none"}).code == 0);
  CHECK(shell.run("rmi", {"--force", "none"}).out.empty());
}

TEST_CASE("quiet is quiet") {
  const Shell shell;
  const auto id = shell.add_image(marked("one"), {"app:1"});
  CHECK(shell.run("rmi", {"-q", "app:1"}).out.empty());
  CHECK(names_of(shell, id) == "gone");
}

TEST_CASE("a tag is a further name, and is taken from whoever had it") {
  const Shell shell;
  const auto one = shell.add_image(marked("one"), {"app:1"});
  const auto two = shell.add_image(marked("two"), {"app:2"});
  CHECK(shell.run("tag", {"app:1", "localhost:5000/team/app"}).code == 0);
  CHECK(names_of(shell, one) == "app:1 localhost:5000/team/app:latest");
  CHECK(shell.run("tag", {two.short_hex(), "app:1"}).code == 0);
  CHECK(names_of(shell, one) == "localhost:5000/team/app:latest");
  CHECK(names_of(shell, two) == "app:1 app:2");
}

TEST_CASE("what is no name cannot be given, nor can a digest") {
  const Shell shell;
  const auto id = shell.add_image(marked("one"), {"app:1"});
  const std::string digest = oci::Digest::of("x").to_string();
  CHECK(holds(shell.run("tag", {"app:1", "a@" + digest}).error,
              "a new name cannot contain a digest"));
  CHECK(shell.run("tag", {"app:1", "UPPER"}).code == static_cast<int>(ErrorKind::usage));
  CHECK(shell.run("tag", {"none", "a"}).code == static_cast<int>(ErrorKind::usage));
  CHECK(names_of(shell, id) == "app:1");
}

}  // namespace
}  // namespace cbuild::cli
