// Directories of a layer that hide those of the layers below.
#pragma once

#include <string>

namespace cbuild::layer {

/// Set to "y" on such a directory: the mark of overlayfs mounted with userxattr. overlayfs does not
/// look for it on the root of a layer.
inline constexpr const char* kOpaqueXattr = "user.overlay.opaque";

/// Whether the directory has such a mark. @throws SysError when it is missing
bool is_opaque(const std::string& directory);

}  // namespace cbuild::layer
