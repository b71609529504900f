// The extended attributes that COPY keeps.
#pragma once

#include <vector>

#include "cbuild/util/fd.h"
#include "cbuild/util/xattr.h"

namespace cbuild::ops {

/// Those of `xattrs` that COPY keeps: user.* (overlayfs's own excepted) and security.capability.
std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs);

/// The kept ones of an open file or directory.
std::vector<Xattr> kept_xattrs_of(const Fd& file);

}  // namespace cbuild::ops
