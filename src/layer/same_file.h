// Whether two files would be the same entry of a layer.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "cbuild/util/xattr.h"

namespace cbuild::layer {

class TreeDirectory;

/// Compares files by name in two directories. Not thread-safe: it keeps a buffer.
class FileComparer {
 public:
  /// @param status  of `name` in `here`. False for a file with several names: a layer also records
  /// which names are hard links, and one name does not show the others. @throws SysError
  bool same(const TreeDirectory& here,
            const struct stat& status,
            const TreeDirectory& there,
            const std::string& name);

 private:
  std::vector<char> buffer_;
};

/// All that a header says, names apart. Times are compared to the nanosecond, though a layer
/// records seconds: whether a step touched a file must not depend on the second in which an earlier
/// one did.
bool same_header(const struct stat& a, const struct stat& b) noexcept;

/// Those of `xattrs` that a layer records.
std::vector<Xattr> written_xattrs(std::vector<Xattr> xattrs);

}  // namespace cbuild::layer
