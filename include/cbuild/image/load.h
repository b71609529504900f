// Loads images from OCI layouts and archives into the store.
#pragma once

#include <vector>

#include "cbuild/oci/reference.h"

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::image {

struct Services;

/// Adds the image `root` of `from` (a layout or archive opened as BlobStore) to the store under
/// `names`, unpacked: of an index all platforms when all are there, else this machine's.
/// @return its image ID. @throws Error, Interrupted
oci::Digest load(const oci::Descriptor& root,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Services& services);

}  // namespace cbuild::image
