// Building blocks of walks over directory trees of any depth and width.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::layer {

/// The names in a directory, in byte order, without "." and "..". Held in one piece: a directory
/// may have millions.
class NameList {
 public:
  /// Reads the directory behind `fd`, which must not have been read before. @throws SysError
  explicit NameList(int fd);

  std::size_t size() const noexcept { return entries_.size(); }

  /// Ends in a NUL, too.
  std::string_view name(std::size_t i) const noexcept {
    return {bytes_.data() + entries_[i].offset, entries_[i].length};
  }

  /// DT_* of readdir(3); may be DT_UNKNOWN.
  unsigned char type(std::size_t i) const noexcept { return entries_[i].type; }

 private:
  struct Entry {
    std::size_t offset;
    std::uint16_t length;
    unsigned char type;
  };

  std::string bytes_;
  std::vector<Entry> entries_;
};

/// The directories from the start of a walk down to where it is. Only the last few are open; one
/// further up is opened again, through "..", when the walk comes back to it.
class DirectoryStack {
 public:
  /// @throws SysError
  void push(Fd fd);

  /// @throws Error when the directory above is another one than before
  void pop();

  bool empty() const noexcept { return levels_.empty(); }

  const Fd& top() const noexcept { return *levels_.back().fd; }

  /// The same, open for as long as somebody needs it.
  std::shared_ptr<const Fd> share_top() const noexcept { return levels_.back().fd; }

 private:
  struct Level {
    std::shared_ptr<const Fd> fd;
    dev_t device;
    ino_t inode;
  };

  std::vector<Level> levels_;
};

/// openat(2) with O_NOATIME where that is allowed: reading a tree should not dirty its inodes.
/// O_CLOEXEC and O_NOFOLLOW are added. @throws SysError
Fd open_quietly(int dirfd, const char* name, int flags);

}  // namespace cbuild::layer
