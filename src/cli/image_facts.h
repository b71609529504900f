// Images of the store as commands show them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/store.h"

namespace cbuild::cli {

/// The image a user named. @throws Error(usage) when there is none.
store::Image require_image(store::Store& store, std::string_view text);

oci::Manifest read_manifest(store::Store& store, const store::Image& image);
oci::ImageConfig read_config(store::Store& store, const store::Image& image);

struct ImageFacts {
  oci::Manifest manifest;
  oci::ImageConfig config;
  std::vector<std::uint64_t> layer_sizes;  ///< bytes of the tar; of the blob where not known
  std::uint64_t size = 0;                  ///< their sum
  std::int64_t created = 0;                ///< seconds since 1970, by the config; else of the store
};

/// @throws Error when the store has lost a document of the image.
ImageFacts read_facts(store::Store& store, const store::Image& image);

/// Names as people write them.
std::vector<std::string> familiar_names(const store::Image& image);

}  // namespace cbuild::cli
