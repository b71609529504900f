// Whether the caches of RUN --mount=type=cache outlived the last power loss.
#pragma once

#include <atomic>
#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"

namespace cbuild::store {

/// Steps write to a cache as they like and sync nothing. So a cache carries the boot_id under which
/// it is being written, in the xattr user.cbuild.boot, until it has been synced; one with the mark
/// of another boot may hold files that power loss emptied, and begins anew. Thread-safe; several
/// processes may share one store.
class CacheMounts {
 public:
  explicit CacheMounts(std::string root) : root_(std::move(root)) {}

  /// Before a step writes to `cache`, which the caller has locked (shared or exclusive): empties
  /// one that cannot be trusted, and marks it, durably.
  /// @param name  of its directory
  void begin_writing(const Fd& cache, const std::string& name, const CancelToken& cancel);

  /// Makes what the steps of this process wrote survive power loss. A cache that another process
  /// uses meanwhile keeps its mark. Does nothing when no step had a cache.
  void sync();

 private:
  std::string root_;
  std::atomic<bool> written_ = false;
};

}  // namespace cbuild::store
