// Names of whiteouts, the deletions in a layer. Source: OCI image-spec v1.1, layer.md
// "Whiteouts".
#pragma once

#include <sys/stat.h>

#include <string_view>

namespace cbuild::layer {

inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
inline constexpr std::string_view kOpaqueName = ".wh..wh..opq";
inline constexpr const char* kTrustedOpaqueXattr = "trusted.overlay.opaque";

enum class NameKind {
  ordinary,
  whiteout,  ///< ".wh.NAME"
  opaque,    ///< ".wh..wh..opq"
  aufs,      ///< any other ".wh..wh.": bookkeeping of AUFS, without meaning
  invalid    ///< ".wh.", ".wh.." and ".wh...": would delete what is no entry
};

/// Classifies the last component of a path in a layer.
NameKind classify_name(std::string_view name) noexcept;

/// True for what overlayfs takes for a deletion: a character device 0:0.
bool is_overlay_whiteout(const struct stat& status) noexcept;

/// The attribute that marks the directory as one that hides those of the layers below; null = none.
const char* opaque_mark(int directory) noexcept;

}  // namespace cbuild::layer
