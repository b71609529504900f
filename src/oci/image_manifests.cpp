// The manifests of an image; see image_manifests.h.
#include "cbuild/oci/image_manifests.h"

#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"

namespace cbuild::oci {

namespace {

constexpr int kMaxIndexDepth = 4;

void collect(BlobStore& blobs,
             const Descriptor& root,
             int depth,
             std::vector<Descriptor>& manifests) {
  if (!media_type::is_index(root.media_type)) return manifests.push_back(root);
  if (depth > kMaxIndexDepth) throw Error("indexes nested more than {} deep", kMaxIndexDepth);
  for (const Descriptor& child : Index::parse(read_document(blobs, root)).manifests) {
    if (!is_attestation(child)) collect(blobs, child, depth + 1, manifests);
  }
}

}  // namespace

std::vector<Descriptor> image_manifests(BlobStore& blobs, const Descriptor& root) {
  std::vector<Descriptor> manifests;
  collect(blobs, root, 1, manifests);
  return manifests;
}

Descriptor manifest_to_show(BlobStore& blobs, const Descriptor& root, const Platform& wanted) {
  const std::vector<Descriptor> manifests = image_manifests(blobs, root);
  if (manifests.empty()) throw Error("the index contains no image");
  const Descriptor* best = &manifests.front();
  int best_quality = 0;
  for (const Descriptor& manifest : manifests) {
    const int quality = manifest.platform ? match_quality(wanted, *manifest.platform) : 0;
    if (quality <= best_quality) continue;
    best = &manifest;
    best_quality = quality;
  }
  return *best;
}

Descriptor manifest_for(BlobStore& blobs, const Descriptor& root, const Platform& wanted) {
  if (!media_type::is_index(root.media_type)) return root;
  Index all;
  all.manifests = image_manifests(blobs, root);
  return choose_platform(all, wanted);
}

}  // namespace cbuild::oci
