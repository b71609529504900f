// Root file systems as data: overlays, or plain directories. `store` makes them, `sandbox` mounts
// them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cbuild {

/// An overlay of directories; or, where none can be mounted, one directory that is the root file
/// system itself. All names are relative to `base`, which keeps the option string below
/// one page.
struct OverlayMount {
  std::string base;  ///< absolute path of the directory that the names below are relative to
  std::vector<std::string> lower;  ///< topmost first; empty = `upper` is a plain directory
  std::string upper;               ///< empty = read-only
  std::string work;                ///< empty exactly when there is no overlay with an `upper`

  /// `upper` is the whole root file system, and no overlay is mounted.
  bool is_plain_directory() const noexcept { return lower.empty(); }
};

}  // namespace cbuild
