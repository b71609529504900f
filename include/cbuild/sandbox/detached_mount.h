// Mounts overlays at no path: only the holder of the descriptor sees them (open_tree(2)).
#pragma once

namespace cbuild {
class Fd;
struct OverlayMount;
}  // namespace cbuild

namespace cbuild::sandbox {

/// Mounts `mount` at no path and returns its root (O_PATH | O_DIRECTORY). It lives as long as the
/// descriptor. A read-only overlay of one directory is that directory itself.
/// @pre the Workspace was entered.  Thread-safe.
Fd mount_detached(const OverlayMount& mount);

}  // namespace cbuild::sandbox
