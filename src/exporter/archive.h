// Writes images into one tar: an OCI layout, a docker archive, or both.
#pragma once

#include <string>
#include <vector>

#include "cbuild/exporter/services.h"
#include "cbuild/oci/manifest.h"

namespace cbuild {
class Sink;
}

namespace cbuild::exporter {

struct NamedImage;

/// Streams an OCI layout as a tar. With `docker`, manifest.json beside it, so that docker load
/// reads it too: of an image for several platforms it names this machine's, else the first.
void write_archive(const std::vector<NamedImage>& images,
                   bool docker,
                   Sink& out,
                   const ExportServices& services);

/// One image in manifest.json.
struct DockerImage {
  oci::Manifest manifest;
  std::vector<oci::Reference> names;
};

std::string docker_manifest_json(const std::vector<DockerImage>& images);

}  // namespace cbuild::exporter
