// Origins of images; see origin.h.
#include "src/image/origin.h"

#include <algorithm>

#include "cbuild/image/documents.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"

namespace cbuild::image {

namespace {

/// Whether manifest and layers of an image of one platform are in the store.
bool is_whole(store::Store& store, const store::Image& image) {
  if (!store.blobs().has(image.manifest)) return false;
  const auto manifest = oci::Manifest::parse(oci::read_document(store.blobs(), image.manifest));
  return std::ranges::all_of(manifest.layers,
                             [&](const auto& layer) { return store.blobs().has(layer); });
}

}  // namespace

void note_origin(store::Store& store, const oci::Reference& reference, const Documents& image) {
  store::Images& images = store.images();
  const auto known = images.find(image.id());
  if (known && known->manifest.digest != image.descriptor.digest && !is_whole(store, *known))
    images.replace_manifest(image.id(), image.descriptor);
  images.note_digest(reference, image.root, image.id());
}

}  // namespace cbuild::image
