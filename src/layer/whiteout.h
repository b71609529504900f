// Names of whiteouts, the deletions in a layer. Source: OCI image-spec v1.1, layer.md
// "Whiteouts".
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

namespace cbuild {
struct Xattr;
}

namespace cbuild::layer {

inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
inline constexpr std::string_view kOpaqueName = ".wh..wh..opq";
enum class NameKind {
  ordinary,
  whiteout,  ///< ".wh.NAME"
  opaque,    ///< ".wh..wh..opq"
  aufs,      ///< any other ".wh..wh.": bookkeeping of AUFS, without meaning
  invalid    ///< ".wh.", ".wh.." and ".wh...": would delete what is no entry
};

/// Classifies the last component of a path in a layer.
NameKind classify_name(std::string_view name) noexcept;

// A deletion on disk is what overlayfs takes for one: a character device 0:0. Where the file system
// has none (an overlayfs, as the root of a container is) it is an empty file with an attribute, in
// a directory that says so; no overlay can be mounted of layers there.

/// Makes one, as mknodat(2): -1 and errno when it cannot be made.
int make_whiteout(int directory, const std::string& name) noexcept;

/// Whether `name`, of which stat(2) says `status`, is one.
bool is_whiteout(const struct stat& status, int directory, const char* name) noexcept;
bool is_whiteout(const struct stat& status, const std::vector<Xattr>& xattrs) noexcept;

/// Whether regular files in it may be deletions.
bool holds_file_whiteouts(int directory) noexcept;

/// Marks a directory as one that hides those of the layers below. @throws SysError
void make_opaque(int directory);

/// The attribute that does it; null = none.
const char* opaque_mark(int directory) noexcept;
bool is_opaque(const std::vector<Xattr>& xattrs) noexcept;

}  // namespace cbuild::layer
