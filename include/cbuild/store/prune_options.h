// Options and result of a prune of the store.
#pragma once

#include <cstdint>

namespace cbuild::store {

struct PruneOptions {
  /// False removes images without names, layers that no image uses with the records of their steps,
  /// base images that builds fetched and whose layers are removed too, and memos unused for a
  /// month. True removes everything but images that the user named and what these need: also the
  /// records that would let their steps be skipped, the names of base images and, without
  /// keep_storage, caches of RUN --mount=type=cache, git repositories and context digests.
  bool all = false;
  /// Removes layers of build steps, longest unused first, only until the remaining layers take no
  /// more bytes than this; 0 = no such bound.
  std::uint64_t keep_storage = 0;
  /// Removes only what was last used before this time (seconds since 1970; for an image: when it
  /// was added to the store); 0 = no such bound.
  std::int64_t unused_since = 0;
};

struct PruneResult {
  std::uint64_t images = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t blobs = 0;
  std::uint64_t records = 0;
  std::uint64_t cache_mounts = 0;
  std::uint64_t bytes = 0;  ///< allocated on disk by the removed files
};

}  // namespace cbuild::store
