// From the blob of a pulled layer to a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"
#include "src/store/database.h"

namespace cbuild::store {

struct UnpackedBlob {
  std::uint64_t size = 0;  ///< bytes of its tar
  bool deletes = false;    ///< names of layers below; see settle_deletions()
};

/// Unpacks the blob of `layer` into an empty directory.
/// @throws Error when size, digest or diff ID are not those of the layer
UnpackedBlob unpack_blob(Source& compressed,
                         const Snapshot& layer,
                         const Fd& directory,
                         const CancelToken& cancel);

/// Takes deletions that hide nothing of the layers of `parent` out of the directory of an unpacked
/// layer that deletes. @throws Error when one of those layers has no directory
void settle_deletions(Database& database,
                      const std::string& root,
                      const std::optional<oci::Digest>& parent,
                      const Fd& directory);

}  // namespace cbuild::store
