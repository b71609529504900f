// The result of a build.
#pragma once

#include <exception>
#include <variant>
#include <vector>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"

namespace cbuild::build {

/// An image as a registry has it, under one name.
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

/// How one of several builds ended. The exception is an Error, as build() of one request throws it.
using Ending = std::variant<Result, std::exception_ptr>;

}  // namespace cbuild::build
