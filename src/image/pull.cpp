// Copies an image from a registry into the store; see pull.h.
#include "cbuild/image/pull.h"

#include <span>
#include <vector>

#include "cbuild/image/documents.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/image/layers.h"
#include "src/image/origin.h"

namespace cbuild::image {

namespace {

void fetch_missing_layers(const store::Image& image,
                          const oci::Descriptor& manifest,
                          const Services& services) {
  store::Store& store = services.store;
  auto layers = oci::Manifest::parse(oci::read_document(store.blobs(), manifest)).layers;
  std::erase_if(layers, [&](const auto& layer) { return store.blobs().has(layer); });
  if (layers.empty()) return;
  const auto origin = store.images().origin(image.manifest.digest);
  if (!origin) {
    throw Error("layer {} of image {} is not in the store", layers.front().digest.to_string(),
                image.id.short_hex())
        .with_hint("pull, load or build the image again");
  }
  services.progress.resume_threads();  // the network may keep us waiting
  with_step(services.progress, "fetching " + origin->familiar(), [&](Progress::Step step) {
    const auto repository = services.registry.repository(*origin);
    with_context(origin->familiar(), [&] { copy_layers(layers, *repository, step, services); });
  });
}

}  // namespace

oci::Digest pull(const oci::Reference& reference,
                 const oci::Platform& platform,
                 const Services& services) {
  const Documents image = fetch_documents(reference, platform, services);
  with_step(services.progress, "pulling " + reference.familiar(), [&](Progress::Step step) {
    const auto repository = services.registry.repository(reference);
    with_context("pull " + reference.familiar(),
                 [&] { take_layers(image, *repository, step, services); });
  });
  note_origin(services.store, reference, image);
  services.store.images().add(image.id(), image.descriptor, std::span(&reference, 1));
  return image.id();
}

void complete(const store::Image& image, const Services& services) {
  for (const oci::Descriptor& manifest :
       oci::image_manifests(services.store.blobs(), image.manifest)) {
    fetch_missing_layers(image, manifest, services);
  }
}

}  // namespace cbuild::image
