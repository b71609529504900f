// Images in one tar: OCI layout, docker archive, or both.
#pragma once

#include <vector>

#include "cbuild/exporter/exporter.h"
#include "src/exporter/encode.h"

namespace cbuild::exporter {

struct ArchivedImage {
  EncodedImage image;
  std::vector<oci::Reference> names;
};

/// Streams an OCI layout as a tar. With `docker`, manifest.json beside it, so that docker load
/// reads it too.
void write_archive(const std::vector<ArchivedImage>& images,
                   bool docker,
                   Sink& out,
                   const Environment& environment);

/// The JSON of docker's manifest.json and of an index.
std::string docker_manifest_json(const std::vector<ArchivedImage>& images);

}  // namespace cbuild::exporter
