// A blob file of the store.
#pragma once

#include <cstdint>

#include "cbuild/oci/digest.h"

namespace cbuild::store {

struct BlobFile {
  oci::Digest digest;
  std::uint64_t bytes;  ///< that it takes on disk
};

}  // namespace cbuild::store
