#include "cbuild/oci/layout.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cbuild/oci/copy.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fs.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_directory.h"

using namespace cbuild;
using namespace cbuild::oci;

namespace {

Descriptor add_image(Layout& layout, const std::string& content) {
  const Descriptor layer = describe(media_type::kLayer, content);
  const Descriptor config = describe(media_type::kConfig, "{}");
  write_blob(layout, layer, content);
  write_blob(layout, config, "{}");
  Manifest manifest;
  manifest.config = config;
  manifest.layers = {layer};
  const Descriptor descriptor = describe(media_type::kManifest, manifest.to_json());
  write_blob(layout, descriptor, manifest.to_json());
  return descriptor;
}

}  // namespace

TEST_CASE("copy brings over everything beneath a manifest, once") {
  const TemporaryDirectory a;
  const TemporaryDirectory b;
  Layout from = Layout::create(a.path());
  Layout to = Layout::create(b.path());
  const Descriptor image = add_image(from, "content");
  const CancelToken cancel;
  std::size_t moved = 0;
  const CopyOptions options{
      1, [&](const Descriptor&, std::uint64_t, bool existed) { moved += existed ? 0 : 1; }};
  copy(image, from, to, options, cancel);
  CHECK(moved == 2);
  CHECK(Manifest::parse(read_document(to, image)).layers.size() == 1);
  copy(image, from, to, options, cancel);
  CHECK(moved == 2);
}

TEST_CASE("a blob whose bytes are others than promised does not become visible") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor promised = describe(media_type::kLayer, "good");
  {
    const auto writer = layout.create(promised);
    writer->write(as_bytes("evil"));
    CHECK_THROWS_AS(writer->commit(), Error);
  }
  CHECK(!layout.has(promised));
}

TEST_CASE("a changed blob is noticed when it is read") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor blob = describe(media_type::kLayer, "good");
  write_blob(layout, blob, "good");
  write_file_atomically(a.path() + "/blobs/sha256/" + blob.digest.hex(), "evil");
  const auto source = layout.open(blob);
  CHECK_THROWS_AS(read_all(*source, 100), Error);
}

TEST_CASE("a name in a layout moves to the image that was added last") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor first = add_image(layout, "1");
  const Descriptor second = add_image(layout, "2");
  layout.add(first, "app");
  CHECK(layout.find("").digest == first.digest);
  layout.add(second, "app");
  CHECK(layout.index().manifests.size() == 1);
  CHECK(layout.find("app").digest == second.digest);
  CHECK_THROWS_AS(layout.find("other"), Error);
}

TEST_CASE("a directory is a layout by its file oci-layout; making one keeps what is there") {
  const TemporaryDirectory a;
  CHECK(error_of([&] { Layout::open(a.path()); }) ==
        a.path() + " is not an OCI layout (there is no file oci-layout)");
  Layout layout = Layout::create(a.at("x/y"));
  const Descriptor image = add_image(layout, "1");
  layout.add(image, "app");
  CHECK(Layout::create(a.at("x/y")).find("app").digest == image.digest);
  CHECK(Layout::open(a.at("x/y")).has(image));
  write_file_atomically(a.at("x/y/index.json"), "{");
  CHECK(error_of([&] { layout.index(); }).starts_with(a.at("x/y/index.json") + ": manifest: "));
}

TEST_CASE("a layout has a blob when a regular file of its size is there") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor blob = describe(media_type::kLayer, "good");
  const std::string path = a.at("blobs/sha256/" + blob.digest.hex());
  CHECK_FALSE(layout.has(blob));
  write_file_atomically(path, "goo");  // of a copy that somebody stopped
  CHECK_FALSE(layout.has(blob));
  write_blob(layout, blob, "good");
  CHECK(layout.has(blob));

  struct stat status {};

  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0644);
}

TEST_CASE("a layout reads regular files only, and waits for nobody") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor fifo = describe(media_type::kLayer, "");
  const Descriptor directory = describe(media_type::kLayer, "x");
  REQUIRE(::mkfifo(a.at("blobs/sha256/" + fifo.digest.hex()).c_str(), 0600) == 0);
  make_directories(a.at("blobs/sha256/" + directory.digest.hex()));
  for (const Descriptor& blob : {fifo, directory}) {
    CHECK_FALSE(layout.has(blob));
    CHECK_THROWS_WITH_AS(layout.open(blob), doctest::Contains("is not a regular file"), Error);
  }
}

TEST_CASE("what is not committed leaves nothing in a layout") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor blob = describe(media_type::kLayer, "good");
  layout.create(blob)->write(as_bytes("good"));
  CHECK_FALSE(layout.has(blob));
  CHECK(list_directory(open_directory(a.at("blobs/sha256")).get()).empty());
}

TEST_CASE("images of a layout are told apart by both of their names") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor first = add_image(layout, "1");
  const Descriptor second = add_image(layout, "2");
  layout.add(first, "1.0", "example.com/a:1.0");
  layout.add(second, "1.0", "example.com/b:1.0");
  CHECK(layout.index().manifests.size() == 2);
  CHECK(layout.find("example.com/a:1.0").digest == first.digest);
  CHECK(layout.find("example.com/b:1.0").digest == second.digest);
  CHECK(layout.find(second.digest.to_string()).digest == second.digest);
  layout.add(second, "1.0", "example.com/a:1.0");
  CHECK(layout.index().manifests.size() == 2);
  CHECK(layout.find("example.com/a:1.0").digest == second.digest);
}

TEST_CASE("an image without a name stands in a layout once, beside others") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor first = add_image(layout, "1");
  layout.add(first, "");
  layout.add(first, "");
  CHECK(layout.index().manifests.size() == 1);
  layout.add(add_image(layout, "2"), "");
  CHECK(layout.index().manifests.size() == 2);
}

TEST_CASE("Layout::find says what there is") {
  const TemporaryDirectory a;
  Layout layout = Layout::create(a.path());
  const std::string prefix = "the layout " + a.path();
  const auto find = [&](const std::string& name) { return error_of([&] { layout.find(name); }); };
  CHECK(find("") == prefix + " contains no image");
  const Descriptor nameless = add_image(layout, "1");
  layout.add(nameless, "");
  layout.add(add_image(layout, "2"), "app\x1b");
  const std::string names = " (it has: " + nameless.digest.to_string() + ", app\\x1b)";
  CHECK(find("") == prefix + " contains several images, so name one" + names);
  CHECK(find("b\x1b") == prefix + " has no image 'b\\x1b'" + names);
  const std::string other = Digest::of("other").to_string();
  CHECK(find(other) == prefix + " has no image '" + other + "'" + names);
}
