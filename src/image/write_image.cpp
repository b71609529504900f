// Config and manifest of an image; see write_image.h.
#include "cbuild/image/write_image.h"

#include <utility>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/snapshot.h"

namespace cbuild::image {

ImageLayer as_made_here(const store::Snapshot& snapshot) {
  return {
      snapshot.diff_id,
      {std::string(oci::media_type::kLayer), snapshot.diff_id, snapshot.size, std::nullopt, {}}};
}

StoredImage write_image(oci::BlobStore& blobs,
                        oci::ImageConfig config,
                        std::vector<ImageLayer> layers) {
  oci::Manifest manifest;
  config.diff_ids.clear();
  for (ImageLayer& layer : layers) {
    config.diff_ids.push_back(layer.diff_id);
    manifest.layers.push_back(std::move(layer.blob));
  }
  const std::string config_json = config.to_json();
  manifest.config = oci::describe(oci::media_type::kConfig, config_json);
  const std::string manifest_json = manifest.to_json();
  const oci::Descriptor descriptor = oci::describe(oci::media_type::kManifest, manifest_json);
  oci::write_blob(blobs, manifest.config, config_json);
  oci::write_blob(blobs, descriptor, manifest_json);
  return {manifest.config.digest, descriptor};
}

}  // namespace cbuild::image
