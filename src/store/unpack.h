// From the blob of a pulled layer to a directory.
#pragma once

#include <cstdint>

#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"

namespace cbuild::store {

/// Unpacks the blob of `layer` into an empty directory. @return the bytes of its tar
/// @throws Error when size, digest or diff ID are not those of the layer
std::uint64_t unpack_blob(Source& compressed,
                          const Snapshot& layer,
                          const Fd& directory,
                          const CancelToken& cancel);

}  // namespace cbuild::store
