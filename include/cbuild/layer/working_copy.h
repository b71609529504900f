// A private copy of a root file system, for places where no overlay can be mounted: it is filled,
// changed by a step, and what has changed is taken out as the directory of a layer.
#pragma once

#include <sys/stat.h>
#include <time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "cbuild/util/fd.h"

namespace cbuild {
class CancelToken;
class FileOwners;
}  // namespace cbuild

namespace cbuild::layer {

class RootTree;

/// Files are told to be unchanged by their time of change, which no process can set: a step costs a
/// stat(2) for each file, and reads what it has changed. Not thread-safe; the tree must not change
/// while one of its functions runs.
class WorkingCopy {
 public:
  /// @param directory  empty; on the file system of the layers, so that files can be cloned
  WorkingCopy(Fd directory, std::shared_ptr<FileOwners> owners);

  WorkingCopy(WorkingCopy&&) noexcept = default;
  WorkingCopy& operator=(WorkingCopy&&) noexcept = default;

  const Fd& directory() const noexcept { return directory_; }

  /// Those of its files.
  const std::shared_ptr<FileOwners>& owners() const noexcept { return owners_; }

  /// Copies all of `from` to it: contents as clones where the file system can (FICLONE). Hard links
  /// become files of their own, as a copy-up of overlayfs makes them. Directories that are there
  /// stay and get the metadata of those in `from`. @throws Error, Interrupted
  void fill(const RootTree& from, const CancelToken& cancel);

  /// Moves what is not as in `below`, which it was filled with, to the empty directory `upper`, as
  /// an overlay on `below` would have it there. A file that was only touched stays: the next step
  /// needs it. Deletions that hide nothing and directories without a change may be among it:
  /// drop_unchanged() takes them out. The copy lacks the moved files: fill() with the new layer
  /// brings them back. @throws Error
  void take_changes(const RootTree& below, const Fd& upper, FileOwners& owners);

 private:
  class Filler;
  class Changes;

  void note_time();
  /// Whether the file has not changed since fill(), as its time of change says.
  bool is_untouched(const struct stat& status) const noexcept;
  static std::int64_t since_boot();

  Fd directory_;
  std::shared_ptr<FileOwners> owners_;

  /// An inode number is used again at once where a directory replaces another: it was made at
  /// another time.
  struct Identity {
    std::uint64_t inode;
    std::int64_t made;  ///< nanoseconds since 1970; 0 = the file system does not say
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  static Identity identity_of(const Fd& directory);

  std::unordered_map<std::string, Identity> directories_;  ///< that were made here, by path
  timespec filled_{};  ///< what has changed since was changed at this time or later
  std::int64_t filled_since_boot_ =
      0;  ///< since_boot() then: less means that the clock was set back
};

}  // namespace cbuild::layer
