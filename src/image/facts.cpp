// Facts of images; see facts.h.
#include "cbuild/image/facts.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/oci/image_manifests.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::image {

namespace {

std::string similar_name(store::Store& store, std::string_view text) {
  std::vector<std::string> names;
  for (const store::Image& image : store.images().list()) {
    for (const oci::Reference& name : image.names) {
      names.push_back(name.familiar());
      if (name.tag == "latest")
        names.push_back(name.familiar().substr(0, name.familiar().rfind(':')));
    }
  }
  return nearest(text, names).value_or("");
}

std::uint64_t size_of_layer(store::Store& store,
                            const oci::Digest& chain,
                            std::uint64_t blob_size) {
  const auto snapshot = store.snapshots().find(chain);
  return snapshot && snapshot->size > 0 ? snapshot->size : blob_size;
}

}  // namespace

store::Image require_image(store::Store& store, std::string_view text) {
  if (auto image = store.images().find(text)) return *image;
  const std::string near = similar_name(store, text);
  Error error(ErrorKind::usage, "no image '{}' in the store{}", printable(text),
              near.empty() ? "" : fmt::format(" (did you mean {}?)", near));
  error.with_hint("'cbuild images' lists the images, 'cbuild pull' fetches one");
  throw error;
}

oci::Descriptor select_manifest(store::Store& store,
                                const store::Image& image,
                                const std::string& platform) {
  if (platform.empty())
    return oci::manifest_to_show(store.blobs(), image.manifest, oci::Platform::host());
  const oci::Platform wanted = oci::Platform::parse(platform);
  const oci::Descriptor manifest = oci::manifest_to_show(store.blobs(), image.manifest, wanted);
  const auto document = oci::Manifest::parse(oci::read_document(store.blobs(), manifest));
  const auto config = oci::ImageConfig::parse(oci::read_document(store.blobs(), document.config));
  const oci::Platform found = manifest.platform.value_or(config.platform);
  if (oci::match_quality(wanted, found) == 0) {
    throw Error(ErrorKind::usage, "the image has no variant for {} (it is for {})",
                wanted.to_string(), printable(found.to_string()));
  }
  return manifest;
}

Facts read_facts(store::Store& store, const store::Image& image, const std::string& platform) {
  Facts facts;
  facts.descriptor = select_manifest(store, image, platform);
  facts.manifest = oci::Manifest::parse(oci::read_document(store.blobs(), facts.descriptor));
  facts.config = oci::ImageConfig::parse(oci::read_document(store.blobs(), facts.manifest.config));
  if (oci::media_type::is_index(image.manifest.media_type))
    facts.platforms = oci::image_manifests(store.blobs(), image.manifest);
  std::optional<oci::Digest> chain;
  for (std::size_t i = 0; i < facts.config.diff_ids.size(); ++i) {
    chain = oci::chain_id(chain, facts.config.diff_ids[i]);
    const auto& layers = facts.manifest.layers;
    const std::uint64_t blob_size = i < layers.size() ? layers[i].size : 0;
    facts.layer_sizes.push_back(size_of_layer(store, *chain, blob_size));
    facts.size += facts.layer_sizes.back();
  }
  facts.created = parse_rfc3339(facts.config.created).value_or(image.created);
  return facts;
}

std::vector<std::string> platform_names(const Facts& facts) {
  std::vector<std::string> names;
  for (const oci::Descriptor& manifest : facts.platforms)
    names.push_back(manifest.platform ? manifest.platform->to_string() : "unknown");
  return names;
}

}  // namespace cbuild::image
