// Tells lowering about base images: it knows neither registries nor stores.
#pragma once

#include <string>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"

namespace cbuild::frontend {

struct ResolvedImage {
  oci::Reference reference;
  oci::Digest manifest;
  oci::ImageConfig config;
  bool is_known = true;  ///< false: nothing but the name is known, `config` is a guess (--check)
};

class ImageResolver {
 public:
  virtual ~ImageResolver() = default;
  /// @throws Error when there is no such image for that platform.
  virtual ResolvedImage resolve(const oci::Reference& reference, const oci::Platform& platform) = 0;
  /// The image behind --build-context NAME=oci-layout://… or docker-image://….
  virtual ResolvedImage resolve_context(const std::string& name, const oci::Platform& platform) = 0;
};

}  // namespace cbuild::frontend
