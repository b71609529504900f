// Where things are while they are being made: staging/<id>/ for directories, ingest/<id> for files.
#pragma once

#include <cstdint>
#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::store {

/// staging/<id>/, locked by its owner; a sweep takes the unlocked ones for left behind. Removed
/// with all its content by the destructor.
class StagingDirectory {
 public:
  /// @param root  of the store
  explicit StagingDirectory(const std::string& root);
  StagingDirectory(StagingDirectory&&) noexcept;
  StagingDirectory& operator=(StagingDirectory&&) = delete;
  ~StagingDirectory();

  /// Eight hexadecimal digits.
  const std::string& id() const noexcept { return id_; }

  const Fd& fd() const noexcept { return fd_; }

  /// Makes a directory in it, with exactly this mode.
  Fd make(const std::string& name, unsigned mode);

 private:
  std::string root_;
  std::string id_;
  Fd fd_;
};

/// ingest/<id>, locked and empty, mode 0444; gone with the destructor unless moved.
class IngestFile {
 public:
  explicit IngestFile(const std::string& root);
  ~IngestFile();
  IngestFile(const IngestFile&) = delete;
  IngestFile& operator=(const IngestFile&) = delete;

  const Fd& fd() const noexcept { return fd_; }

  const std::string& path() const noexcept { return path_; }

  /// Gives it its final name. False when that name is taken.
  bool move_to(const std::string& path);
  /// The same; takes the name from what has it.
  void replace(const std::string& path);

 private:
  std::string path_;
  Fd fd_;
};

/// How many entries of staging/ and ingest/ nobody holds.
std::uint64_t count_unheld(const std::string& root);

/// Removes the entries of staging/, ingest/ and locks/ that nobody holds. Failures are logged, not
/// thrown.
void sweep_unheld(const std::string& root);

/// Bytes that the tree `name` beneath `dirfd` takes on disk; hard links within it count once. What
/// cannot be read counts as nothing.
std::uint64_t disk_usage(int dirfd, const std::string& name);

}  // namespace cbuild::store
