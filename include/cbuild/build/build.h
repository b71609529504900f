// A build from request to image. The command line, tests and later compose call the same function.
#pragma once

#include <vector>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/request.h"
#include "cbuild/image/services.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"

namespace cbuild::build {

/// What a registry got: the image under one name.
struct Pushed {
  oci::Reference name;
  oci::Descriptor image;
};

struct Result {
  oci::Digest image_id;      ///< digest of the config; of an image for several platforms, its index
  oci::Descriptor manifest;  ///< in the store; or index
  oci::Descriptor exported;  ///< as the last registry or archive got it; else `manifest`
  std::vector<Pushed> pushed;
};

/// @throws BuildFailed when the Dockerfile is to blame, other Errors, Interrupted. Nothing is
/// tagged unless all of it succeeded.
Result build(const Request& request, const image::Services& services);

}  // namespace cbuild::build
