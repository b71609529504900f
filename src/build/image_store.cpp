// Images between registries and the store; see image_store.h.
#include "src/build/image_store.h"

#include <algorithm>

#include "cbuild/image/unpack.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/layout.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/text.h"
#include "src/build/working_namespace.h"

namespace cbuild::build {

namespace {

/// Asked before the config is read: of what is no image it is anything.
void refuse_artifact(const oci::Manifest& manifest) {
  const auto type = oci::artifact_type_of(manifest);
  if (!type) return;
  throw Error(ErrorKind::usage, "is no image but an artifact of type '{}'", printable(*type))
      .with_hint(
          "artifacts hold files for other programs; what is pulled, loaded and built on are "
          "images");
}

void check_layers(const oci::Manifest& manifest, const oci::ImageConfig& config) {
  if (manifest.layers.size() != config.diff_ids.size()) {
    throw Error("the manifest has {} layers, the config {}", manifest.layers.size(),
                config.diff_ids.size());
  }
  for (const oci::Descriptor& layer : manifest.layers) {
    if (!oci::media_type::is_layer(layer.media_type)) {
      throw Error("layers of type '{}' are not supported", printable(layer.media_type));
    }
  }
}

/// Whether the layer can be had as this manifest names it. One that is still to be fetched is known
/// by the blob of whichever manifest was declared last.
bool is_known(const std::optional<store::Snapshot>& layer, const oci::Descriptor& blob) {
  return layer && (layer->unpacked || (layer->blob && layer->blob->digest == blob.digest));
}

/// Cheap for an image whose layers are known already.
void declare_layers(store::Store& store,
                    const oci::Manifest& manifest,
                    const oci::ImageConfig& config) {
  const auto top = oci::chain_of(config.diff_ids);
  if (!top || is_known(store.snapshots().find(*top), manifest.layers.back())) return;
  std::optional<oci::Digest> parent;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const oci::Digest chain = oci::chain_id(parent, config.diff_ids[i]);
    if (!is_known(store.snapshots().find(chain), manifest.layers[i])) {
      store.snapshots().declare(parent, config.diff_ids[i], manifest.layers[i]);
    }
    parent = chain;
  }
}

/// Whether manifest and layers of an image of one platform are in the store.
bool is_whole(store::Store& store, const store::Image& image) {
  if (!store.blobs().has(image.manifest)) return false;
  const auto manifest = oci::Manifest::parse(oci::read_document(store.blobs(), image.manifest));
  return std::ranges::all_of(manifest.layers,
                             [&](const auto& layer) { return store.blobs().has(layer); });
}

/// Copies those of `layers` that the store does not have, side by side.
void copy_layers(const std::vector<oci::Descriptor>& layers,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Environment& environment) {
  oci::CopyOptions options;
  options.progress = [&](const oci::Descriptor& blob, std::uint64_t done, bool existed) {
    if (!existed) step.transfer(blob.digest.short_hex(), done, blob.size);
  };
  parallel_for(layers.size(), options.parallel, [&](std::size_t i) {
    oci::copy_blob(layers[i], from, environment.store.blobs(), options, environment.cancel);
  });
}

void fetch_missing_layers(const store::Image& image,
                          const oci::Descriptor& manifest,
                          const Environment& environment) {
  store::Store& store = environment.store;
  auto layers = oci::Manifest::parse(oci::read_document(store.blobs(), manifest)).layers;
  std::erase_if(layers, [&](const auto& layer) { return store.blobs().has(layer); });
  if (layers.empty()) return;
  const auto origin = store.images().origin(image.manifest.digest);
  if (!origin) {
    throw Error("layer {} of image {} is not in the store", layers.front().digest.to_string(),
                image.id.short_hex())
        .with_hint("pull, load or build the image again");
  }
  environment.progress.resume_threads();  // the network may keep us waiting
  with_step(environment.progress, "fetching " + origin->familiar(), [&](Progress::Step step) {
    const auto repository = environment.registry.repository(*origin);
    with_context(origin->familiar(), [&] { copy_layers(layers, *repository, step, environment); });
  });
}

}  // namespace

KnownImage read_image(store::Store& store, const oci::Descriptor& manifest) {
  KnownImage image{manifest,
                   oci::Manifest::parse(oci::read_document(store.blobs(), manifest)),
                   {},
                   manifest.digest};
  refuse_artifact(image.document);
  image.config = oci::ImageConfig::parse(oci::read_document(store.blobs(), image.document.config));
  check_layers(image.document, image.config);
  declare_layers(store, image.document, image.config);
  return image;
}

KnownImage adopt_documents(store::Store& store,
                           oci::BlobStore& from,
                           const oci::Descriptor& root,
                           const oci::Platform& platform) {
  oci::Descriptor descriptor = root;
  std::string content = oci::read_document(from, descriptor);
  for (int depth = 0; oci::media_type::is_index(oci::media_type_of_document(content)); ++depth) {
    if (depth == 4) throw Error("indexes nested more than 4 deep");
    descriptor = oci::choose_platform(oci::Index::parse(content), platform);
    content = oci::read_document(from, descriptor);
  }
  const oci::Manifest manifest = oci::Manifest::parse(content);
  descriptor.media_type = manifest.media_type;
  refuse_artifact(manifest);
  const std::string config = oci::read_document(from, manifest.config);
  check_layers(manifest, oci::ImageConfig::parse(config));
  oci::write_blob(store.blobs(), manifest.config, config);
  oci::write_blob(store.blobs(), descriptor, content);
  KnownImage image = read_image(store, descriptor);
  image.digest = root.digest;
  return image;
}

KnownImage fetch_documents(const oci::Reference& reference,
                           const oci::Platform& platform,
                           const Environment& environment) {
  environment.progress.resume_threads();  // the network may keep us waiting
  const std::string label = "[internal] load metadata for " + reference.to_string();
  return with_step(environment.progress, label, [&](Progress::Step) {
    return with_context(reference.familiar(), [&] {
      const auto repository = environment.registry.repository(reference);
      const auto root =
          repository->resolve(reference.digest ? reference.digest->to_string() : reference.tag);
      if (!root) {
        throw Error(ErrorKind::network, "not found: the registry {} has no such image",
                    reference.registry)
            .with_hint("check the name; private images need 'cbuild login " + reference.registry +
                       "'");
      }
      return adopt_documents(environment.store, *repository, *root, platform);
    });
  });
}

void take_layers(const KnownImage& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Environment& environment) {
  enter_working_namespace(environment);
  if (const auto chain = oci::chain_of(image.config.diff_ids)) {
    image::unpack_stack(*chain, environment.store, {&from, step}, environment.cancel);
  }
  // What was unpacked before may lack its blob: a layer that was made here, too.
  copy_layers(image.document.layers, from, step, environment);
}

void note_origin(store::Store& store, const oci::Reference& reference, const KnownImage& image) {
  store::Images& images = store.images();
  const auto known = images.find(image.id());
  if (known && known->manifest.digest != image.manifest.digest && !is_whole(store, *known))
    images.replace_manifest(image.id(), image.manifest);
  images.note_digest(reference, image.digest, image.id());
}

void complete(const store::Image& image, const Environment& environment) {
  for (const oci::Descriptor& manifest :
       oci::image_manifests(environment.store.blobs(), image.manifest)) {
    fetch_missing_layers(image, manifest, environment);
  }
}

}  // namespace cbuild::build
