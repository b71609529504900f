// Plain calls on descriptors; see chroot_undo.h.
#include "src/sandbox/chroot_undo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

namespace {

bool is_in_place(const ChrootUndo& entry) noexcept {
  struct stat thing {};

  struct stat found {};

  return ::fstat(entry.thing, &thing) == 0 &&
         ::fstatat(entry.parent, entry.name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         thing.st_dev == found.st_dev && thing.st_ino == found.st_ino;
}

}  // namespace

bool empty_file(int file) noexcept {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", file);
  return static_cast<bool>(Fd(::open(path.data(), O_WRONLY | O_TRUNC | O_CLOEXEC)));
}

void undo(std::span<const ChrootUndo> entries) noexcept {
  for (const ChrootUndo& entry : entries) {
    if (entry.is_secret) empty_file(entry.thing);
    const bool is_there = is_in_place(entry);
    if (entry.origin >= 0 && is_there)
      (void)::renameat(entry.parent, entry.name, entry.origin, entry.original);
    if (entry.covered == nullptr) continue;
    const unsigned how = entry.origin < 0 && is_there ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    (void)::renameat2(entry.aside, entry.covered, entry.parent, entry.name, how);
  }
}

}  // namespace cbuild::sandbox
