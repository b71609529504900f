// Images of the store as commands show them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"

namespace cbuild::cli {

/// The image a user named. @throws Error(usage) when there is none.
store::Image require_image(store::Store& store, std::string_view text);

/// Of an image for several platforms: what is shown of it. The platform that the user asked for
/// (empty: this machine's, or the first where there is none for it).
/// @throws Error(usage) listing what there is
oci::Descriptor select_manifest(store::Store& store,
                                const store::Image& image,
                                const std::string& platform);

struct ImageFacts {
  oci::Descriptor descriptor;  ///< of the manifest, with its platform
  oci::Manifest manifest;
  oci::ImageConfig config;
  std::vector<std::uint64_t> layer_sizes;  ///< bytes of the tar; of the blob where not known
  std::uint64_t size = 0;                  ///< their sum
  std::int64_t created = 0;                ///< seconds since 1970, by the config; else of the store
  std::vector<oci::Descriptor> platforms;  ///< manifests of an image for several; else empty
};

/// @throws Error when the store has lost a document of the image.
ImageFacts read_facts(store::Store& store,
                      const store::Image& image,
                      const std::string& platform = {});

/// "linux/amd64", … of an image for several platforms.
std::vector<std::string> platform_names(const ImageFacts& facts);

/// As people write them.
std::vector<std::string> familiar(const std::vector<oci::Reference>& references);
std::vector<std::string> familiar_names(const store::Image& image);
/// Those that are no digests.
std::vector<std::string> tagged_names(const store::Image& image);

/// The digest by which the registry of `name` has the image.
std::optional<oci::Digest> digest_at(const store::Image& image, const oci::Reference& name);

}  // namespace cbuild::cli
