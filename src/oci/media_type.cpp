// The media types of OCI and Docker, and their classification.
#include "cbuild/oci/descriptor.h"

namespace cbuild::oci::media_type {

namespace {

struct Pair {
  std::string_view oci;
  std::string_view docker;
};

constexpr Pair kPairs[] = {{kIndex, kDockerList},
                           {kManifest, kDockerManifest},
                           {kConfig, kDockerConfig},
                           {kLayer, kDockerLayer},
                           {kLayerGzip, kDockerLayerGzip}};

}  // namespace

bool is_index(std::string_view type) {
  return type == kIndex || type == kDockerList;
}

bool is_manifest(std::string_view type) {
  return type == kManifest || type == kDockerManifest;
}

bool is_config(std::string_view type) {
  return type == kConfig || type == kDockerConfig;
}

bool is_layer(std::string_view type) {
  return type == kLayer || type == kLayerGzip || type == kLayerZstd || type == kDockerLayer ||
         type == kDockerLayerGzip;
}

std::string_view to_oci(std::string_view type) {
  for (const Pair& pair : kPairs) {
    if (type == pair.docker) return pair.oci;
  }
  return type;
}

std::string_view to_docker(std::string_view type) {
  for (const Pair& pair : kPairs) {
    if (type == pair.oci) return pair.docker;
  }
  return type;
}

}  // namespace cbuild::oci::media_type
