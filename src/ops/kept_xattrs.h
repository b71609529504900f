// The extended attributes that COPY keeps.
#pragma once

#include <vector>

namespace cbuild {
class Fd;
struct Xattr;
enum class Ownership;
}  // namespace cbuild

namespace cbuild::ops {

/// Those of `xattrs` that COPY keeps: user.* (overlayfs's own excepted) and security.capability.
std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs);

/// The kept ones of an open file or directory. @param how  the owners of its tree are
std::vector<Xattr> kept_xattrs_of(const Fd& file, Ownership how);

}  // namespace cbuild::ops
