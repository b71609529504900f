// Which media type is what.
#include "cbuild/oci/descriptor.h"

namespace cbuild::oci::media_type {

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

}  // namespace cbuild::oci::media_type
