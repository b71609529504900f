// Directories of RUN --mount=type=cache.
#pragma once

#include "cbuild/graph/exec_mount.h"
#include "cbuild/util/fd.h"
#include "src/ops/mount_input.h"

namespace cbuild::store {
class KeptDirectory;
}

namespace cbuild::ops {

/// Opens the directory of `cache` that `mount` shows, with O_PATH. Makes what is missing: the
/// content, which `input` fills, and the directories of `mount.source`, with the owner and mode of
/// the mount. Does not follow symbolic links that steps left in the cache. @throws Error
Fd open_cache(const store::KeptDirectory& cache,
              const graph::ExecMount& mount,
              const MountInput& input);

}  // namespace cbuild::ops
