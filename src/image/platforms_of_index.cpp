// Complete indexes; see platforms_of_index.h.
#include "src/image/platforms_of_index.h"

#include <algorithm>

#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::image {

std::optional<std::vector<oci::Descriptor>> platforms_of_index(const oci::Descriptor& root,
                                                               oci::BlobStore& from) {
  if (!oci::media_type::is_index(root.media_type)) return std::nullopt;
  const oci::Index index = oci::Index::parse(oci::read_document(from, root));
  const auto is_here = [&](const oci::Descriptor& manifest) { return from.has(manifest); };
  if (!std::ranges::all_of(index.manifests, is_here)) return std::nullopt;
  return oci::image_manifests(from, root);
}

}  // namespace cbuild::image
