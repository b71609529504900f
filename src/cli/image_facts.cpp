// Images of the store as commands show them; see image_facts.h.
#include "src/cli/image_facts.h"

#include <fmt/core.h>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

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

oci::Manifest read_manifest(store::Store& store, const store::Image& image) {
  return oci::Manifest::parse(oci::read_document(store.blobs(), image.manifest));
}

oci::ImageConfig read_config(store::Store& store, const store::Image& image) {
  const oci::Manifest manifest = read_manifest(store, image);
  return oci::ImageConfig::parse(oci::read_document(store.blobs(), manifest.config));
}

ImageFacts read_facts(store::Store& store, const store::Image& image) {
  ImageFacts facts;
  facts.manifest = read_manifest(store, image);
  facts.config = oci::ImageConfig::parse(oci::read_document(store.blobs(), facts.manifest.config));
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

std::vector<std::string> familiar_names(const store::Image& image) {
  std::vector<std::string> names;
  for (const oci::Reference& name : image.names)
    names.push_back(name.familiar());
  return names;
}

}  // namespace cbuild::cli
