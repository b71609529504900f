// Layers made here in the form in which they leave: compressed, each at most once.
#pragma once

#include "cbuild/exporter/exporter.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::exporter {

struct EncodedImage {
  oci::Descriptor manifest;
  std::string document;  ///< the manifest's bytes
  oci::Manifest content;
};

/// The image with its uncompressed layers compressed; what came compressed stays as it is. A layer
/// that was compressed before and is at `destination` (may be null) is not made again. The
/// compressed layers and the manifest are in the store afterwards, save those.
EncodedImage encode_image(const oci::Descriptor& manifest,
                          layer::Compression compression,
                          int level,
                          oci::BlobStore* destination,
                          const Environment& environment);

}  // namespace cbuild::exporter
