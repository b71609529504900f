// Looks layers of an image up in the store; see own_layer.h.
#include "src/cli/own_layer.h"

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"

namespace cbuild::cli {

bool has_own_layer(store::Store& store, const store::Image& image) {
  for (const oci::Descriptor& descriptor : oci::image_manifests(store.blobs(), image.manifest)) {
    const auto manifest = oci::Manifest::parse(oci::read_document(store.blobs(), descriptor));
    for (const oci::Descriptor& layer : manifest.layers) {
      const auto snapshot = store.snapshots().find_by_diff_id(layer.digest);
      if (snapshot && snapshot->made_here) return true;
    }
  }
  return false;
}

}  // namespace cbuild::cli
