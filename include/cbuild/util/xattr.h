// Reads extended attributes of files. file_metadata.h sets them.
#pragma once

#include <string>
#include <vector>

namespace cbuild {

/// One extended attribute: its full name ("user.key") and its bytes.
struct Xattr {
  std::string name;
  std::string value;
  friend bool operator==(const Xattr&, const Xattr&) = default;
};

/// Extended attributes of the file at `path` (a link itself, not its target), sorted by name. Those
/// that cannot be read are left out; empty where the file system has none.
std::vector<Xattr> list_xattrs(const std::string& path);
/// Those of an open file (not O_PATH). A path through /proc/self/fd would list those of the link.
std::vector<Xattr> list_xattrs(int fd);

}  // namespace cbuild
