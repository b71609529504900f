// Text of paths: their parts, without a look at the disk. rootfs_path.h has clean_path().
#pragma once

#include <string>
#include <string_view>

namespace cbuild {

/// What stands before the last slash: "a/b" of "a/b/c", "/" of "/a", "" of "a". A part of `path`.
std::string_view parent_of(std::string_view path);

/// What stands behind the last slash; all of `path` when there is none.
std::string_view last_component(std::string_view path);

/// The directory that holds `path`, as system calls take it: as parent_of(), but "." of "a".
std::string directory_of(std::string_view path);

}  // namespace cbuild
