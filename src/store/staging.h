// Work in progress, published by rename: staging/<id>/ for directories, ingest/<id> for files.
#pragma once

#include <cstdint>
#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::store {

/// staging/<id>/, whose lock the object holds; a sweep removes directories that nobody holds. The
/// destructor removes it with all its content.
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

  /// Makes a directory in it with exactly this mode, whatever the umask is.
  Fd make(const std::string& name, unsigned mode);

  /// Renames it to `path`, which must not exist: from then on it is not removed.
  void move_to(const std::string& path);

 private:
  std::string root_;
  std::string id_;
  Fd fd_;
};

/// ingest/<id>, locked and empty, mode 0444. The destructor removes it unless it was moved.
class IngestFile {
 public:
  explicit IngestFile(const std::string& root);
  ~IngestFile();
  IngestFile(const IngestFile&) = delete;
  IngestFile& operator=(const IngestFile&) = delete;

  const Fd& fd() const noexcept { return fd_; }

  const std::string& path() const noexcept { return path_; }

  /// Renames it to its final name. False when that name exists.
  bool move_to(const std::string& path);
  /// Renames it to its final name, replacing what is there.
  void replace(const std::string& path);

 private:
  std::string path_;
  Fd fd_;
};

/// The number of entries of staging/ and ingest/ whose lock is free.
std::uint64_t count_unheld(const std::string& root);

/// Removes the entries of staging/, ingest/ and locks/ that nobody holds. Failures are logged, not
/// thrown.
void sweep_unheld(const std::string& root);

}  // namespace cbuild::store
