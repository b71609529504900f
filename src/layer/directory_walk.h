// Building blocks of walks over directory trees of any depth and width.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/fd.h"

namespace cbuild::layer {

/// The names in a directory, in byte order, without "." and "..". Held in one piece: a directory
/// may have millions.
class NameList {
 public:
  /// Of a merged directory, what its layers show together. @throws SysError
  explicit NameList(const TreeDirectory& directory);

  std::size_t size() const noexcept { return entries_.size(); }

  /// Ends in a NUL, too.
  std::string_view name(std::size_t i) const noexcept {
    return {bytes_.data() + entries_[i].offset, entries_[i].length};
  }

  /// DT_* of readdir(3); may be DT_UNKNOWN.
  unsigned char type(std::size_t i) const noexcept { return entries_[i].type; }

  /// The part of the directory that it is in.
  std::size_t part(std::size_t i) const noexcept { return entries_[i].part; }

 private:
  struct Entry {
    std::size_t offset;
    std::uint16_t length;
    unsigned char type;
    std::uint32_t part;
  };

  void read(int fd, std::uint32_t part);
  void hide(const TreeDirectory& directory);

  std::string bytes_;
  std::vector<Entry> entries_;
};

/// The directories from the start of a walk down to where it is. Only the last few are open; one
/// further up is opened again, through "..", when the walk comes back to it. Those of several parts
/// stay open: ".." leads from a part to none of the others.
class DirectoryStack {
 public:
  /// @throws SysError
  void push(std::shared_ptr<const TreeDirectory> directory);

  /// @throws Error when the directory above is another one than before
  void pop();

  bool empty() const noexcept { return levels_.empty(); }

  const TreeDirectory& top() const noexcept { return *levels_.back().directory; }

  /// The descriptor of its topmost part.
  int fd() const noexcept { return top().top().fd->get(); }

 private:
  struct Level {
    std::shared_ptr<const TreeDirectory> directory;  ///< null = closed
    std::shared_ptr<const FileOwners> owners;
    dev_t device;
    ino_t inode;
  };

  std::vector<Level> levels_;
};

/// The directory of one layer as it is on disk, for a walk: deletions are entries.
/// @param owners  of the layer; null = those on disk
std::shared_ptr<const TreeDirectory> layer_directory(
    const Fd& layer, std::shared_ptr<const FileOwners> owners = nullptr);

/// openat(2) with O_NOATIME where that is allowed: reading a tree should not dirty its inodes.
/// O_CLOEXEC and O_NOFOLLOW are added. @throws SysError
Fd open_quietly(int dirfd, const char* name, int flags);

}  // namespace cbuild::layer
