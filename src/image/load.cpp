// Loading images; see load.h.
#include "cbuild/image/load.h"

#include "cbuild/image/documents.h"
#include "cbuild/image/write_image.h"
#include "cbuild/oci/copy.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/progress.h"
#include "src/image/layers.h"
#include "src/image/platforms_of_index.h"

namespace cbuild::image {

namespace {

Documents load_manifest(const oci::Descriptor& manifest,
                        oci::BlobStore& from,
                        Progress::Step step,
                        const Services& services) {
  Documents image = adopt_documents(services.store, from, manifest, oci::Platform::host());
  take_layers(image, from, step, services);
  return image;
}

StoredImage load_image(const oci::Descriptor& root,
                       oci::BlobStore& from,
                       Progress::Step step,
                       const Services& services) {
  const auto platforms = platforms_of_index(root, from);
  if (!platforms) {
    const Documents image = load_manifest(root, from, step, services);
    return {image.id(), image.descriptor};
  }
  for (const oci::Descriptor& manifest : *platforms)
    load_manifest(manifest, from, step, services);
  // What is left: the index, and attestations.
  oci::copy(root, from, services.store.blobs(), {}, services.cancel);
  oci::Descriptor plain = root;
  plain.annotations.clear();
  plain.platform.reset();
  return {root.digest, plain};
}

}  // namespace

oci::Digest load(const oci::Descriptor& root,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Services& services) {
  const std::string name = names.empty() ? root.digest.short_hex() : names[0].familiar();
  const StoredImage image =
      with_step(services.progress, "loading " + name,
                [&](Progress::Step step) { return load_image(root, from, step, services); });
  services.store.images().add(image.id, image.manifest, names);
  return image.id;
}

}  // namespace cbuild::image
