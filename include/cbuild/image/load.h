// Loads images from OCI layouts and archives into the store.
#pragma once

#include <vector>

#include "cbuild/image/services.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"

namespace cbuild::image {

/// Adds the image `root` of `from` (a layout or archive opened as BlobStore) to the store under
/// `names`, unpacked: of an index all platforms when all are there, else this machine's.
/// @return its image ID. @throws Error, Interrupted
oci::Digest load(const oci::Descriptor& root,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Services& services);

}  // namespace cbuild::image
