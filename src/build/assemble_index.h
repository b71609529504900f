// From the images of several platforms to one index.
#pragma once

#include <vector>

#include "cbuild/oci/platform.h"
#include "src/build/assemble.h"

namespace cbuild::build {

/// One image for several platforms.
struct PlatformImage {
  oci::Platform platform;
  Assembled image;
};

/// Writes an index of the images. Its digest is the ID of the whole.
Assembled assemble_index(const std::vector<PlatformImage>& images, const image::Services& services);

}  // namespace cbuild::build
