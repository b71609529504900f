// Looks a path up part by part, for paths through /proc/self.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// Opens `path` with O_PATH as `thread` would, relative to `base` (AT_FDCWD for an absolute path).
/// "/proc/self/fd/N", "cwd", "root" and "exe" are those of the thread; other magic links are
/// refused with ELOOP. The current directory is that of a Standpoint. Empty: errno says why.
Fd walk_path(int base, std::string_view path, bool follow, pid_t thread);

/// Whether an open file is one of a proc file system.
bool is_in_proc(int fd) noexcept;

}  // namespace cbuild::sandbox
