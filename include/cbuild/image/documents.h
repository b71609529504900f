// Manifests and configs of images: read from the store, or brought into it from elsewhere.
#pragma once

#include "cbuild/image/services.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/oci/platform.h"

namespace cbuild::oci {
class BlobStore;
struct Reference;
}  // namespace cbuild::oci

namespace cbuild::image {

/// The documents of an image for one platform. The store holds them and knows the layers, which may
/// be neither unpacked nor fetched.
struct Documents {
  oci::Descriptor descriptor;  ///< of the manifest
  oci::Manifest manifest;
  oci::ImageConfig config;
  oci::Digest root;  ///< by which the image was asked for: of the manifest, or of its index

  /// The image ID.
  const oci::Digest& id() const noexcept { return manifest.config.digest; }
};

/// Reads the documents of the image `manifest` from the store and declares its layers.
/// @throws Error(usage) for an artifact, Error for documents that are missing or do not match
Documents read_documents(store::Store& store, const oci::Descriptor& manifest);

/// Copies the documents, not the layers, of `root` (a manifest, or an index to choose from by
/// `platform`) into the store. @throws as read_documents()
Documents adopt_documents(store::Store& store,
                          oci::BlobStore& from,
                          const oci::Descriptor& root,
                          const oci::Platform& platform);

/// Resolves `reference` at its registry and copies the documents into the store.
/// @throws Error(network) when the registry has no such image
Documents fetch_documents(const oci::Reference& reference,
                          const oci::Platform& platform,
                          const Services& services);

}  // namespace cbuild::image
