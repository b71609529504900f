// The extended attributes that COPY keeps.
#pragma once

#include <vector>

namespace cbuild {
class Fd;
struct Xattr;
}  // namespace cbuild

namespace cbuild::ops {

/// Those of `xattrs` that COPY keeps: user.* (overlayfs's own excepted) and security.capability.
std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs);

/// The kept ones of an open file or directory.
std::vector<Xattr> kept_xattrs_of(const Fd& file);

}  // namespace cbuild::ops
