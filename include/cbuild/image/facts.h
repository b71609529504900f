// Facts about an image of the store: sizes, times, platforms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::store {
struct Image;
class Store;
}  // namespace cbuild::store

namespace cbuild::image {

/// The image a user named. @throws Error(usage) when there is none.
store::Image require_image(store::Store& store, std::string_view text);

/// The manifest of `image` to show: that of `platform`; empty = this machine's, or the first where
/// the image has none for this machine. @throws Error(usage) that names the platform it has
oci::Descriptor select_manifest(store::Store& store,
                                const store::Image& image,
                                const std::string& platform);

/// Of the image for one platform.
struct Facts {
  oci::Descriptor descriptor;  ///< of the manifest, with its platform
  oci::Manifest manifest;
  oci::ImageConfig config;
  std::vector<std::uint64_t> layer_sizes;  ///< bytes of the tar; of the blob where not known
  std::uint64_t size = 0;                  ///< sum of layer_sizes
  std::int64_t created = 0;                ///< seconds since 1970, by the config; else of the store
  std::vector<oci::Descriptor> platforms;  ///< manifests of an image for several; else empty
};

/// @throws Error when the store has lost a document of the image.
Facts read_facts(store::Store& store, const store::Image& image, const std::string& platform = {});

/// "linux/amd64", … of an image for several platforms; "unknown" where an index does not say.
std::vector<std::string> platform_names(const Facts& facts);

}  // namespace cbuild::image
