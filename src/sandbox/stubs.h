// Stubs: mount points that the image lacks, created for a run and removed before the diff.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cbuild {
struct OverlayMount;
}

namespace cbuild::sandbox {

struct StubList;

/// The root file system as the child sees it while it mounts. Descriptors are borrowed.
struct RootView {
  int root = -1;
  int upper = -1;  ///< the overlay's upper directory; -1 = read-only
  std::uint64_t mount_id = 0;
  StubList* stubs = nullptr;
};

/// Identifies the mount that `fd` is on; 0 when it cannot be told.
std::uint64_t mount_id_of(int fd) noexcept;

/// Makes what is missing of `path` (a directory or an empty file at its end, links resolved inside
/// the root), notes what it made in the upper directory, and opens it (O_PATH). -1: errno says why.
/// For the child: neither throws nor allocates.
int make_stub(const RootView& view, const char* path, bool directory) noexcept;

/// Notes how the stubs from the `first` on look now that all is mounted. For the child.
void finish_stubs(const RootView& view, std::size_t first = 0) noexcept;

/// Takes the stubs out of the upper directory of `root`, and what overlayfs copied up only because
/// of them. What the step replaced, filled or changed stays; modification times of directories stay
/// what the step left. Follows no link. @pre nothing mounts `root` any more
/// @throws SysError when the upper directory cannot be opened
void remove_stubs(const OverlayMount& root, const StubList& stubs);

}  // namespace cbuild::sandbox
