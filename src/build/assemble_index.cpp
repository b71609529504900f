// The index of several platforms; see assemble_index.h.
#include "src/build/assemble_index.h"

#include <string>
#include <utility>

#include "cbuild/image/services.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/store.h"

namespace cbuild::build {

Assembled assemble_index(const std::vector<PlatformImage>& images,
                         const image::Services& services) {
  oci::Index index;
  for (const PlatformImage& image : images) {
    oci::Descriptor manifest = image.image.manifest;
    manifest.platform = image.platform;
    index.manifests.push_back(std::move(manifest));
  }
  const std::string json = index.to_json();
  const oci::Descriptor descriptor = oci::describe(index.media_type, json);
  oci::write_blob(services.store.blobs(), descriptor, json);
  return {descriptor.digest, descriptor};
}

}  // namespace cbuild::build
