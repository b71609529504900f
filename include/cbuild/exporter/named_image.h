// An image and its names.
#pragma once

#include <vector>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"

namespace cbuild::exporter {

struct NamedImage {
  oci::Descriptor manifest;  ///< or index
  std::vector<oci::Reference> names;
};

}  // namespace cbuild::exporter
