// Overlay mounts as data. `store` makes them, `sandbox` performs them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cbuild {

/// An overlay of directories. All names are relative to `base`, which keeps the option string below
/// one page.
struct OverlayMount {
  std::string base;  ///< absolute path of the directory that the names below are relative to
  std::vector<std::string> lower;  ///< topmost first; at least one
  std::string upper;               ///< empty = read-only
  std::string work;                ///< empty exactly when `upper` is
};

}  // namespace cbuild
