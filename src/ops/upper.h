// Writes straight into the overlay's upper directory, giving the same result as the mounted
// overlay, without copy-ups.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <unordered_set>

#include "cbuild/image/users.h"
#include "cbuild/util/error.h"

namespace cbuild {
class Fd;
class FileOwners;
}  // namespace cbuild

namespace cbuild::layer {
class RootTree;
class TreeDirectory;
}  // namespace cbuild::layer

namespace cbuild::ops {

/// The destination holds something that cannot be replaced. Kind: build, or usage for several
/// sources.
struct InTheWay : Error {
  using Error::Error;
};

/// The upper directory of a snapshot above a view of what lies below. All paths are absolute, clean
/// and free of links (see resolve()). Not thread-safe, except where said.
class Upper {
 public:
  /// `view`: what lies below; all three are borrowed.
  Upper(const Fd& upper, FileOwners& owners, const layer::RootTree& view)
      : upper_(upper), owners_(owners), view_(view) {}

  const Fd& upper() const noexcept { return upper_; }

  /// Gives the files of the upper directory their owners.
  FileOwners& owners() const noexcept { return owners_; }

  /// `path` with its links followed: links of the view and written ones. @pre nothing was written
  /// through other means.
  std::string resolve(const std::string& path) const;

  /// The status of `path` itself (links are not followed); nullopt when it does not exist.
  std::optional<struct stat> find(const std::string& path) const;

  /// Owner and mode of directories that exist nowhere yet.
  struct NewDirectory {
    image::Ids owner;
    mode_t mode = 0755;
  };

  /// Makes `path` a directory of the upper directory, with its parents. Directories of the view get
  /// their metadata copied up; others are new.
  /// @return true when `path` itself is new. @throws InTheWay
  bool make_directory(const std::string& path, const NewDirectory& look);

  /// Checks that `path`, where a file is to be written, is no directory. @throws InTheWay
  void make_way(const std::string& path) const;

  /// Drops what is known of the upper directory, because something else (an archive) wrote to it.
  void forget() { made_.clear(); }

  /// `path` relative to upper(), for *at calls.
  static std::string relative(const std::string& path) {
    return path == "/" ? "." : path.substr(1);
  }

 private:
  bool make_one(const std::string& path, const NewDirectory& look);
  void copy_up(const Fd& made, const std::string& path, const layer::TreeDirectory& below);

  const Fd& upper_;
  FileOwners& owners_;
  const layer::RootTree& view_;
  std::unordered_set<std::string> made_;   ///< directories known to be in the upper directory
  std::unordered_set<std::string> fresh_;  ///< those of them that were nowhere before
};

}  // namespace cbuild::ops
