// Finds the platforms of an index whose images are complete and can be loaded.
#pragma once

#include <optional>
#include <vector>

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::image {

/// The manifests of all platforms of the index `root` when `from` holds every document that the
/// index lists; nullopt when one is missing, or `root` is a manifest. An archive may hold one
/// platform of an index that lists several.
std::optional<std::vector<oci::Descriptor>> platforms_of_index(const oci::Descriptor& root,
                                                               oci::BlobStore& from);

}  // namespace cbuild::image
