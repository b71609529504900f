// Mounts overlays at no path: only the holder of the descriptor sees them (open_tree(2)).
#pragma once

namespace cbuild {
class Fd;
struct OverlayMount;
}  // namespace cbuild

namespace cbuild::sandbox {

/// Mounts `mount` at no path and returns its root (O_PATH | O_DIRECTORY). It lives as long as the
/// descriptor. A plain directory and a read-only overlay of one
/// directory are the directory itself: nothing is mounted, so it needs no namespace.
/// @pre the Workspace was entered.  Thread-safe.
Fd mount_detached(const OverlayMount& mount);

}  // namespace cbuild::sandbox
