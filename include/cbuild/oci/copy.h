// Copies an image, with all it points to, from one BlobStore to another. Push, pull, save and load
// are this.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cbuild/oci/manifest.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::oci {

class BlobStore;

struct CopyOptions {
  std::size_t parallel = 4;  ///< blobs under way at once
  /// Told of each blob as it moves; `done` counts bytes, `done == blob.size` is the end; `existed`
  /// = nothing had to move. Called from several threads.
  std::function<void(const Descriptor& blob, std::uint64_t done, bool existed)> progress;
};

/// Copies `root` (manifest or index, all platforms) and everything beneath it. Children first,
/// `root` last, so that whoever sees `root` finds all of it. What is there is not copied again.
/// @throws Error, Interrupted
void copy(const Descriptor& root,
          BlobStore& from,
          BlobStore& to,
          const CopyOptions& options,
          const CancelToken& cancel);

/// Copies one blob unless it is there.
void copy_blob(const Descriptor& blob,
               BlobStore& from,
               BlobStore& to,
               const CopyOptions& options,
               const CancelToken& cancel);

}  // namespace cbuild::oci
