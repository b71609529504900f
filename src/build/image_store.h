// Images between registries and the store: keeping documents, making layers known, fetching them.
#pragma once

#include <string>

#include "cbuild/build/build.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::build {

/// An image whose documents are in the store and whose layers are known to it (unpacked or not).
struct KnownImage {
  oci::Descriptor manifest;
  oci::Manifest document;
  oci::ImageConfig config;
  oci::Digest digest;  ///< by which it was asked for or found: of the manifest, or of its index

  const oci::Digest& id() const noexcept { return document.config.digest; }
};

/// Reads the documents of an image in the store and makes its layers known.
KnownImage read_image(store::Store& store, const oci::Descriptor& manifest);

/// Brings the documents (not the layers) of `root` (a manifest, or an index to choose from) into
/// the store.
KnownImage adopt_documents(store::Store& store,
                           oci::BlobStore& from,
                           const oci::Descriptor& root,
                           const oci::Platform& platform);

/// Asks the registry what `reference` names, and brings the documents into the store.
KnownImage fetch_documents(const oci::Reference& reference,
                           const oci::Platform& platform,
                           const Environment& environment);

/// Brings the layers into the store, side by side: unpacked (which checks every digest and name in
/// them) and as the blobs they came in. Enters the user namespace.
void take_layers(const KnownImage& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Environment& environment);

/// Notes that the registry of `reference` has the image: it is asked for the layers that the store
/// lacks, as this manifest names them.
void note_origin(store::Store& store, const oci::Reference& reference, const KnownImage& image);

}  // namespace cbuild::build
