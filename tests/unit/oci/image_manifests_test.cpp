// From an index to the manifests of its images.
#include "cbuild/oci/image_manifests.h"

#include <doctest/doctest.h>

#include "tests/support/errors.h"
#include "tests/unit/oci/memory_blobs.h"

namespace cbuild::oci {

namespace {

Descriptor image_for(MemoryBlobs& blobs, const std::string& platform) {
  Descriptor image = blobs.add_image(platform);
  image.platform = Platform::parse(platform);
  return image;
}

Descriptor attestation(MemoryBlobs& blobs) {
  Descriptor image = blobs.add_image("provenance");
  image.platform = Platform{"unknown", "unknown", "", ""};
  return image;
}

const Platform kAmd64{"linux", "amd64", "", ""};
const Platform kS390x{"linux", "s390x", "", ""};

}  // namespace

TEST_CASE("image_manifests gives the images beneath an index in its order") {
  MemoryBlobs blobs;
  const Descriptor arm = image_for(blobs, "linux/arm64");
  const Descriptor amd = image_for(blobs, "linux/amd64");
  const Descriptor old = image_for(blobs, "linux/386");
  const Descriptor inner = blobs.add_index({amd, attestation(blobs)});
  const Descriptor root = blobs.add_index({arm, inner, attestation(blobs), old});
  CHECK(image_manifests(blobs, root) == std::vector<Descriptor>{arm, amd, old});
  CHECK(image_manifests(blobs, blobs.add_index({})).empty());
}

TEST_CASE("a manifest alone is an image, and nothing is read for that") {
  MemoryBlobs blobs;
  const Descriptor image = image_for(blobs, "linux/arm64");
  CHECK(image_manifests(blobs, image) == std::vector<Descriptor>{image});
  CHECK(manifest_for(blobs, image, kAmd64) == image);
  CHECK(manifest_to_show(blobs, image, kAmd64) == image);
  CHECK(blobs.opened.empty());
}

TEST_CASE("image_manifests refuses indexes nested more than 4 deep") {
  MemoryBlobs blobs;
  const Descriptor image = image_for(blobs, "linux/amd64");
  CHECK(image_manifests(blobs, blobs.nest(image, 4)).size() == 1);
  CHECK(error_of([&] { image_manifests(blobs, blobs.nest(image, 5)); }) ==
        "indexes nested more than 4 deep");
}

TEST_CASE("image_manifests needs the documents of an index, not those of its images") {
  MemoryBlobs blobs;
  const Descriptor image = image_for(blobs, "linux/amd64");
  const Descriptor inner = blobs.add_index({image});
  const Descriptor root = blobs.add_index({inner});
  blobs.contents.erase(image.digest);
  CHECK(image_manifests(blobs, root).size() == 1);
  blobs.contents.erase(inner.digest);
  CHECK_THROWS_AS(image_manifests(blobs, root), Error);
}

TEST_CASE("manifest_for refuses another platform, manifest_to_show shows the first") {
  MemoryBlobs blobs;
  const Descriptor arm = image_for(blobs, "linux/arm64");
  const Descriptor amd = image_for(blobs, "linux/amd64");
  const Descriptor root = blobs.add_index({attestation(blobs), arm, blobs.add_index({amd})});
  CHECK(manifest_for(blobs, root, kAmd64) == amd);
  CHECK(manifest_to_show(blobs, root, kAmd64) == amd);
  CHECK(manifest_to_show(blobs, root, kS390x) == arm);
  CHECK(error_of([&] { manifest_for(blobs, root, kS390x); }) ==
        "no image for platform linux/s390x (there is: linux/arm64, linux/amd64)");
}

TEST_CASE("an index of attestations alone contains no image") {
  MemoryBlobs blobs;
  const Descriptor root = blobs.add_index({attestation(blobs)});
  CHECK(error_of([&] { manifest_to_show(blobs, root, kAmd64); }) == "the index contains no image");
  CHECK(error_of([&] { manifest_for(blobs, root, kAmd64); }) ==
        "no image for platform linux/amd64 (there is: none)");
}

}  // namespace cbuild::oci
