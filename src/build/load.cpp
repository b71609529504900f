// Images from layouts and archives into the store.
#include <algorithm>

#include "cbuild/build/build.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "src/build/assemble.h"
#include "src/build/image_store.h"

namespace cbuild::build {

namespace {

/// Whether the documents of all platforms are there: an index may tell of more than it comes with.
bool is_complete(const oci::Descriptor& index, oci::BlobStore& from) {
  return std::ranges::all_of(oci::Index::parse(oci::read_document(from, index)).manifests,
                             [&](const oci::Descriptor& manifest) { return from.has(manifest); });
}

KnownImage load_manifest(const oci::Descriptor& manifest,
                         oci::BlobStore& from,
                         Progress::Step step,
                         const Environment& environment) {
  KnownImage image = adopt_documents(environment.store, from, manifest, oci::Platform::host());
  take_layers(image, from, step, environment);
  return image;
}

/// @return what the image is known by in the store
Assembled load_image(const oci::Descriptor& root,
                     oci::BlobStore& from,
                     Progress::Step step,
                     const Environment& environment) {
  if (!oci::media_type::is_index(root.media_type) || !is_complete(root, from)) {
    const KnownImage image = load_manifest(root, from, step, environment);
    return {image.document.config.digest, image.manifest};
  }
  for (const oci::Descriptor& manifest : oci::image_manifests(from, root))
    load_manifest(manifest, from, step, environment);
  // What is left: the index, and attestations.
  oci::copy(root, from, environment.store.blobs(), {}, environment.cancel);
  oci::Descriptor plain = root;
  plain.annotations.clear();
  plain.platform.reset();
  return {root.digest, plain};
}

}  // namespace

oci::Digest load(const oci::Descriptor& root,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Environment& environment) {
  const std::string name = names.empty() ? root.digest.short_hex() : names[0].familiar();
  const Assembled image =
      with_step(environment.progress, "loading " + name,
                [&](Progress::Step step) { return load_image(root, from, step, environment); });
  environment.store.images().add(image.image_id, image.manifest, names);
  return image.image_id;
}

}  // namespace cbuild::build
