// Documents of images; see documents.h.
#include "cbuild/image/documents.h"

#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/text.h"

namespace cbuild::image {

namespace {

/// Called before the config is read: that of an artifact may be of any form.
void refuse_artifact(const oci::Manifest& manifest) {
  const auto type = oci::artifact_type_of(manifest);
  if (!type) return;
  throw Error(ErrorKind::usage, "is not an image but an artifact of type '{}'", printable(*type))
      .with_hint(
          "an artifact contains files for other programs; cbuild pulls, loads and builds on images "
          "only");
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

}  // namespace

Documents read_documents(store::Store& store, const oci::Descriptor& manifest) {
  Documents image{manifest,
                  oci::Manifest::parse(oci::read_document(store.blobs(), manifest)),
                  {},
                  manifest.digest};
  refuse_artifact(image.manifest);
  image.config = oci::ImageConfig::parse(oci::read_document(store.blobs(), image.manifest.config));
  check_layers(image.manifest, image.config);
  declare_layers(store, image.manifest, image.config);
  return image;
}

Documents adopt_documents(store::Store& store,
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
  Documents image = read_documents(store, descriptor);
  image.root = root.digest;
  return image;
}

Documents fetch_documents(const oci::Reference& reference,
                          const oci::Platform& platform,
                          const Services& services) {
  services.progress.resume_threads();  // the network may keep us waiting
  const std::string label = "[internal] load metadata for " + reference.to_string();
  return with_step(services.progress, label, [&](Progress::Step) {
    return with_context(reference.familiar(), [&] {
      const auto repository = services.registry.repository(reference);
      const auto root =
          repository->resolve(reference.digest ? reference.digest->to_string() : reference.tag);
      if (!root) {
        throw Error(ErrorKind::network, "not found: the registry {} has no such image",
                    reference.registry)
            .with_hint("check the name; private images need 'cbuild login " + reference.registry +
                       "'");
      }
      return adopt_documents(services.store, *repository, *root, platform);
    });
  });
}

}  // namespace cbuild::image
