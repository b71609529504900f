// Writes the documents of an image whose layers are in the store.
#pragma once

#include <vector>

#include "cbuild/oci/descriptor.h"

namespace cbuild::oci {
class BlobStore;
struct ImageConfig;
}  // namespace cbuild::oci

namespace cbuild::store {
struct Snapshot;
}

namespace cbuild::image {

/// A layer of an image: its diffID, and its blob as the manifest names it.
struct ImageLayer {
  oci::Digest diff_id;
  oci::Descriptor blob;
};

/// An image as the store lists it.
struct StoredImage {
  oci::Digest id;            ///< digest of the config; of an image for several platforms, its index
  oci::Descriptor manifest;  ///< or index
};

/// `snapshot` as an uncompressed layer: the blob is its tar, under its diffID.
ImageLayer as_made_here(const store::Snapshot& snapshot);

/// Writes config and manifest to `blobs`; the diffIDs of `config` are those of `layers`.
StoredImage write_image(oci::BlobStore& blobs,
                        oci::ImageConfig config,
                        std::vector<ImageLayer> layers);

}  // namespace cbuild::image
