// A download.
#pragma once

#include <cstdint>
#include <string>

#include "cbuild/oci/descriptor.h"

namespace cbuild::ops {

/// A download whose content is in the store.
struct RemoteFile {
  oci::Descriptor blob;
  std::string name;           ///< from the URL; empty = it has none
  std::int64_t modified = 0;  ///< seconds since 1970
};

}  // namespace cbuild::ops
