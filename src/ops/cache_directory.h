// Directories of RUN --mount=type=cache.
#pragma once

#include <string>

#include "cbuild/graph/exec_mount.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"

namespace cbuild::store {
class KeptDirectory;
class Store;
}  // namespace cbuild::store

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct MountInput;

/// A cache is identified by its id, mode, owner and first content, as in BuildKit. The name is a
/// digest, so that no id can be a path.
std::string cache_name(const graph::ExecMount& mount, const MountInput& input);

/// Waits for the first instance, or, when it is private, takes the first one that nobody uses.
store::KeptDirectory lock_cache(store::Store& store,
                                const std::string& name,
                                graph::ExecMount::Sharing sharing,
                                const CancelToken& cancel);

/// Opens the directory of `cache` that `mount` shows, with O_PATH. Makes what is missing: the
/// content, which `input` fills, and the directories of `mount.source`, with the owner and mode of
/// the mount. Does not follow symbolic links that steps left in the cache. @throws Error
Fd open_cache(const store::KeptDirectory& cache,
              const graph::ExecMount& mount,
              const MountInput& input,
              Ownership ownership);

}  // namespace cbuild::ops
