// Overlays: their mount options, and mounting them after a clone.
#pragma once

#include <string>

namespace cbuild {
struct OverlayMount;
}

namespace cbuild::sandbox {

/// The options of mount(2) for an overlay. @throws Error when they do not fit into a page. Pure.
std::string overlay_options(const OverlayMount& mount, bool is_volatile);

/// An overlay ready to be mounted: no string has to be made after the clone.
struct PreparedOverlay {
  const OverlayMount* mount;
  std::string options;
  std::string durable_options;  ///< for kernels that do not know `volatile`
  std::string volatile_mark;    ///< work/work/incompat/volatile, left by a former mount
};

PreparedOverlay prepare_overlay(const OverlayMount& mount);

/// Mounts it on `target`, relative names in it being relative to the current directory. False:
/// errno says why. Neither throws nor allocates.
bool mount_overlay(const PreparedOverlay& overlay, const char* target) noexcept;

}  // namespace cbuild::sandbox
