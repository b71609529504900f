// Extended attributes of files in layers: which are carried, how they are read and written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild {
class Fd;
class FileOwners;
struct Xattr;
}  // namespace cbuild

namespace cbuild::layer {

/// Attributes by which overlayfs is commanded; never carried from or to a tar.
bool is_overlay_xattr(std::string_view name) noexcept;

/// Written to a layer: user.* and security.capability. What depends on the machine (labels of
/// SELinux, signatures, trusted.*, which only some users can see) is not.
bool is_written_xattr(std::string_view name) noexcept;

/// Taken from a layer: what is written, and trusted.*.
bool is_applied_xattr(std::string_view name) noexcept;

/// The attributes of the file behind `fd` (not O_PATH), sorted by name. Empty where the file system
/// has none. @throws SysError
std::vector<Xattr> read_xattrs(int fd);

/// The same of `name` in the directory `dirfd`, itself when it is a symbolic link.
std::vector<Xattr> read_xattrs_at(int dirfd, std::string_view name);

/// Sets those of `xattrs` that are applied (on an O_PATH descriptor, too). What this user may not
/// set or the file system cannot hold is left out, or recorded by `owners`. @throws SysError
void write_xattrs(const Fd& file, const std::vector<Xattr>& xattrs, const FileOwners& owners);

}  // namespace cbuild::layer
