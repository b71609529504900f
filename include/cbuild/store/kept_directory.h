// A directory that the store keeps from one command to the next, open and locked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::store {

/// Owns the descriptor of the directory and the lock on it (flock(2)); the destructor releases
/// both. See KeptData::open(). Not thread-safe.
///
/// A cache mount or volume has its files in a content directory. The processes of a step may change
/// everything in there while others prepare a mount of it. So new directories are made and filled
/// outside of it, where no step can look, and moved in by rename(2) when they are complete.
class KeptDirectory {
 public:
  /// Makes one directory, of any name, in the empty directory `draft`.
  using Fill = std::function<void(const Fd& draft)>;

  const Fd& fd() const noexcept { return directory_; }

  /// Absolute; for programs that take no descriptor.
  const std::string& path() const noexcept { return path_; }

  /// Opens the content directory with O_PATH. When it is missing, `fill` makes it first.
  /// @throws Error
  Fd open_content(const Fill& fill) const;

  /// Opens the directory `name` in `parent`, which is in the content directory, with O_PATH; does
  /// not follow a symbolic link. When it is missing, `fill` makes it first. Two callers may do so
  /// at the same time: one of the new directories is dropped. @throws Error
  Fd open_or_make(const Fd& parent, const std::string& name, const Fill& fill) const;

  /// What the user is to know about it, in a form of the caller's: a file beside the content,
  /// replaced in one step and synced. @throws SysError
  void set_record(std::string_view text) const;

  /// Removes everything in the directory.
  void clear() const;

 private:
  friend class KeptData;

  KeptDirectory(std::string path, Fd directory, Fd lock)
      : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::string path_;
  Fd directory_;
  Fd lock_;  ///< of a file beside the directory; empty when the lock is on the directory itself
};

}  // namespace cbuild::store
