// Copying images: what goes over, in which order, and what becomes of failures.
#include "cbuild/oci/copy.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cbuild/util/cancel.h"
#include "tests/support/errors.h"
#include "tests/unit/oci/memory_blobs.h"

namespace cbuild::oci {

namespace {

void copy_image(const Descriptor& root, MemoryBlobs& from, MemoryBlobs& to) {
  copy(root, from, to, {}, CancelToken());
}

std::size_t place_of(const MemoryBlobs& store, const Digest& digest) {
  return static_cast<std::size_t>(std::ranges::find(store.committed, digest) -
                                  store.committed.begin());
}

Manifest manifest_of(MemoryBlobs& store, std::size_t layers) {
  Manifest manifest;
  manifest.config = store.add(media_type::kConfig, "{}");
  for (std::size_t i = 0; i < layers; ++i)
    manifest.layers.push_back(store.add(media_type::kLayer, std::to_string(i)));
  return manifest;
}

}  // namespace

TEST_CASE("copy writes children before those who point to them") {
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor first = from.add_image("first");
  const Descriptor second = from.add_image("second");
  const Descriptor root = from.add_index({first, from.add_index({second})});
  copy_image(root, from, to);
  CHECK(to.contents == from.contents);
  CHECK(to.committed.back() == root.digest);
  for (const Descriptor& image : {first, second}) {
    const std::size_t place = place_of(to, image.digest);
    for (const Descriptor& layer : Manifest::parse(to.contents.at(image.digest)).layers)
      CHECK(place_of(to, layer.digest) < place);
    CHECK(place_of(to, describe(media_type::kConfig, "{}").digest) < place);
  }
}

TEST_CASE("copy reads what several manifests share once") {
  MemoryBlobs from;
  MemoryBlobs to;
  Manifest manifest = manifest_of(from, 3);
  manifest.layers.push_back(manifest.layers.front());  // twice in one manifest, too
  const Descriptor one = from.add(manifest);
  manifest.annotations["other"] = "manifest";
  const Descriptor two = from.add(manifest);
  copy_image(from.add_index({one, two, one}), from, to);
  const std::size_t blobs = 3 + 1 + 2 + 1;  // layers, config, manifests, index
  CHECK(from.opened.size() == blobs);
  CHECK(to.committed.size() == blobs);
}

TEST_CASE("copy leaves alone what is there, and says so") {
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor image = from.add_image("content");
  to.add(media_type::kLayer, "content");
  std::vector<std::string> told;
  CopyOptions options{1, {}};
  options.progress = [&](const Descriptor& blob, std::uint64_t done, bool existed) {
    told.push_back(fmt::format("{}/{}{}", done, blob.size, existed ? " existed" : ""));
  };
  copy(image, from, to, options, CancelToken());
  CHECK(told == std::vector<std::string>{"7/7 existed", "2/2"});
}

TEST_CASE("copy refuses what is nested or stacked without end") {
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor image = from.add_image("content");
  MemoryBlobs whole;
  CHECK_NOTHROW(copy_image(from.nest(image, 3), from, whole));
  CHECK(error_of([&] { copy_image(from.nest(image, 4), from, to); }) ==
        "indexes nested more than 4 deep");
  CHECK(error_of([&] { copy_image(from.add(manifest_of(from, 513)), from, to); }) ==
        "513 layers; more than 512 are not supported");
  CHECK(to.committed.empty());
  CHECK_NOTHROW(copy_image(from.add(manifest_of(from, 512)), from, whole));
}

TEST_CASE("nobody sees an image of which a blob is missing") {
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor image = from.add_image("content");
  from.contents.erase(Digest::of("content"));
  CHECK_THROWS_AS(copy_image(image, from, to), Error);
  CHECK_FALSE(to.has(image));
}

TEST_CASE("a blob whose transfer breaks is tried five times, one that is wrong once") {
  struct Row {
    int broken;
    std::size_t tries;
    std::string error;
  };

  for (const Row& row : {Row{4, 5, ""}, Row{5, 5, "connection reset"}}) {
    CAPTURE(row.broken);
    MemoryBlobs from;
    MemoryBlobs to;
    const Descriptor blob = from.add(media_type::kLayer, "content");
    from.broken_transfers = row.broken;
    CHECK(error_of([&] { copy_blob(blob, from, to, {}, CancelToken()); }) == row.error);
    CHECK(from.opened.size() == row.tries);
    CHECK(to.has(blob) == row.error.empty());
  }
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor blob = from.add(media_type::kLayer, "good");
  from.contents[blob.digest] = "evil";
  CHECK_THROWS_WITH_AS(copy_blob(blob, from, to, {}, CancelToken()),
                       doctest::Contains("other content"), Error);
  CHECK(from.opened.size() == 1);
  CHECK_FALSE(to.has(blob));
}

TEST_CASE("a cancelled copy moves nothing more") {
  MemoryBlobs from;
  MemoryBlobs to;
  const Descriptor image = from.add_image("content");
  CancelToken cancel;
  const CopyOptions options{
      1, [&](const Descriptor&, std::uint64_t, bool) { cancel.cancel(); }};  // at the first block
  CHECK_THROWS_AS(copy(image, from, to, options, cancel), Interrupted);
  CHECK(to.committed.empty());
}

}  // namespace cbuild::oci
