// System calls that glibc does not wrap yet. None of them throws or allocates.
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace cbuild::sandbox {

/// openat2(2), tried again when a rename got in its way. O_CLOEXEC is added.
inline int open_resolved(int dirfd, const char* path, int flags, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
}

/// As a process chrooted to `root` would open it.
inline int open_inside(int root, const char* path, int flags) noexcept {
  return open_resolved(root, *path == '\0' ? "." : path, flags, RESOLVE_IN_ROOT);
}

/// Follows no link and crosses no mount on the way.
inline int open_beneath(int dirfd, const char* path, int flags) noexcept {
  return open_resolved(dirfd, *path == '\0' ? "." : path, flags,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

}  // namespace cbuild::sandbox
