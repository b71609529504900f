// A cache of open directories of a root: unpacking opens each one once.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::layer {

/// Keeps the descriptors of a few directories beneath a root by their paths, and their modification
/// times while entries are made in them: a directory gets its time back when it leaves the cache.
/// So times need no second pass by path, in which links could have been swapped, and no memory for
/// each directory. A directory is in the cache at most once.
class DirectoryCache {
 public:
  struct Directory {
    std::string path;  ///< relative to the root, clean; "" is the root
    Fd fd;             ///< O_RDONLY
    dev_t device = 0;
    ino_t inode = 0;
    timespec time{};       ///< that it shall have
    bool changed = false;  ///< it may have another one
    std::uint64_t used = 0;
  };

  explicit DirectoryCache(const Fd& root) : root_(root) {}

  /// The directory that `path` comes to inside the root; null when there is none. Whoever makes or
  /// removes something in it sets `changed`. Good until the next call of any function here.
  /// @throws SysError
  Directory* find(std::string_view path);

  /// Takes over a directory that was just made or met, and the time that it shall have.
  Directory& add(std::string_view path, Fd fd, timespec time);

  /// To be called when a link or directory has been removed: what paths come to may be different
  /// now. Only `keep` stays good, but will not be found again.
  void forget_paths(Directory& keep);

  /// Gives all directories their times. @throws SysError
  void flush();

 private:
  Directory& place(std::string_view path, Fd fd);

  const Fd& root_;
  std::array<Directory, 32> directories_;
  Directory* last_ = nullptr;
  std::uint64_t clock_ = 0;
};

}  // namespace cbuild::layer
