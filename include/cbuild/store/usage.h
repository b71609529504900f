// Disk usage of the parts of a store.
#pragma once

#include <cstdint>

namespace cbuild::store {

/// Layers count with the sizes of their tars, everything else with what it takes on disk.
struct Usage {
  struct Part {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;  ///< bytes that a prune without options would free
  };

  Part images;        ///< count: images; bytes: layers that they use
  Part cache;         ///< layers that no image uses
  Part blobs;         ///< compressed layers and documents
  Part cache_mounts;  ///< caches of RUN --mount=type=cache; only prune --all frees them
  Part repositories;  ///< clones of git repositories; only prune --all frees them
  Part contexts;      ///< digests of context files, one entry per context; only prune --all
};

}  // namespace cbuild::store
