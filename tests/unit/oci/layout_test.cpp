#include "cbuild/oci/layout.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cbuild/oci/copy.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"

using namespace cbuild;
using namespace cbuild::oci;

namespace {

class TempDirectory {
 public:
  TempDirectory() { ::mkdtemp(path_.data()); }

  ~TempDirectory() { remove_tree(AT_FDCWD, path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/cbuild-layout-XXXXXX";
};

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
  const TempDirectory a;
  const TempDirectory b;
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
  const TempDirectory a;
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
  const TempDirectory a;
  Layout layout = Layout::create(a.path());
  const Descriptor blob = describe(media_type::kLayer, "good");
  write_blob(layout, blob, "good");
  write_file_atomically(a.path() + "/blobs/sha256/" + blob.digest.hex(), "evil");
  const auto source = layout.open(blob);
  CHECK_THROWS_AS(read_all(*source, 100), Error);
}

TEST_CASE("a name in a layout moves to the image that was added last") {
  const TempDirectory a;
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
