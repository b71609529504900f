// Finds the manifests of an image, which its descriptor names directly or through an index.
#pragma once

#include <vector>

#include "cbuild/oci/blob_store.h"

namespace cbuild::oci {

struct Platform;

/// `root` itself when it is a manifest; else those beneath the index, in its order. Attestations
/// are left out. @throws Error when a document of an index is missing or nested more than 4 deep.
std::vector<Descriptor> image_manifests(BlobStore& blobs, const Descriptor& root);

/// Of those the one that suits `wanted` best; where none does, the first.
/// @throws Error when there is none.
Descriptor manifest_to_show(BlobStore& blobs, const Descriptor& root, const Platform& wanted);

/// Of those the one that suits `wanted` best. A manifest alone is not looked at.
/// @throws Error listing the platforms there are.
Descriptor manifest_for(BlobStore& blobs, const Descriptor& root, const Platform& wanted);

}  // namespace cbuild::oci
