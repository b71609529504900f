// Directories of RUN --mount=type=cache. Steps that share a cache run while others open it, and
// what they can write they can swap: what is made for a cache is made beside it, where no step can
// look, and moves into it when it is complete.
#pragma once

#include <string>

#include "cbuild/graph/op.h"
#include "cbuild/util/fd.h"
#include "src/ops/exec_mounts.h"

namespace cbuild::ops {

/// The directory that `mount` shows of the cache in `directory`, opened with O_PATH. What is
/// missing is made: the cache with what `source` fills it with, directories of `mount.source` with
/// the owner and the mode of the mount. Links that steps left in the cache are not followed.
/// @pre a lock on `directory` is held  @throws Error
Fd open_cache(const std::string& directory,
              const graph::ExecMount& mount,
              const MountSource& source);

}  // namespace cbuild::ops
