// Encodes images for export: layers compressed, each at most once, and documents of
// the wanted media types.
#pragma once

#include "cbuild/layer/compression.h"
#include "cbuild/oci/blob_store.h"

namespace cbuild::exporter {

struct ExportServices;
struct Output;

struct Encoding {
  layer::Compression compression = layer::Compression::none;
  int level = 0;              ///< 0 = the default of the compression
  bool force = false;         ///< layers that came in another compression are packed anew, too
  bool docker_types = false;  ///< Docker's media types instead of OCI's
};

/// The image (manifest or index) with its layers in the wanted compression. Without `force` only
/// uncompressed layers are touched. A layer that was compressed before and is at `destination` (may
/// be null) is not made again. Compressed layers and documents are in the store afterwards, save
/// those. @throws Error(usage) for zstd among Docker's media types.
oci::Descriptor encode_image(const oci::Descriptor& image,
                             const Encoding& encoding,
                             oci::BlobStore* destination,
                             const ExportServices& services);

/// The image with the annotations, compression and media types of `output`.
/// @param by_default  the compression where `output` has none
oci::Descriptor encode_for(const Output& output,
                           const oci::Descriptor& image,
                           layer::Compression by_default,
                           oci::BlobStore* destination,
                           const ExportServices& services);

}  // namespace cbuild::exporter
