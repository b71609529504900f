// Names, locks and removal of work in progress; see staging.h.
#include "src/store/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/random.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kNameBytes = 4;

std::string staging_path(const std::string& root, const std::string& id) {
  return root + "/staging/" + id;
}

/// Whether the name still refers to the open file. Before the lock was taken, its owner may have
/// removed it and another process may have made a new one.
bool is_named(const Fd& fd, const Fd& directory, const std::string& name) {
  struct stat opened = {};
  struct stat named = {};
  return ::fstat(fd.get(), &opened) == 0 &&
         ::fstatat(directory.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/// The entry, locked, unless somebody else holds its lock.
Fd lock_unheld(const Fd& directory, const DirectoryEntry& entry) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Fd fd(::openat(directory.get(), entry.name.c_str(), flags));
  if (!fd && errno == ENOENT) return {};
  if (!fd) throw SysError("open {}", entry.name);
  if (!try_lock(fd, LockMode::exclusive) || !is_named(fd, directory, entry.name)) return {};
  return fd;
}

/// Removes one entry when nobody holds its lock.
void sweep_entry(const Fd& directory, const DirectoryEntry& entry) {
  if (const Fd held = lock_unheld(directory, entry)) remove_tree(directory.get(), entry.name);
}

void sweep_directory(const std::string& path) {
  const Fd directory = open_directory(path);
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    try {
      sweep_entry(directory, entry);
    } catch (const Error& error) {
      log_debug("sweep {}/{}: {}", path, entry.name, error.what());
    }
  }
}

}  // namespace

StagingDirectory::StagingDirectory(const std::string& root) : root_(root) {
  for (;;) {
    id_ = random_hex(kNameBytes);
    const std::string path = staging_path(root_, id_);
    if (::mkdir(path.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      throw SysError("make directory {}", path);
    }
    // A sweep may find it before it is locked.
    fd_ = Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd_ && errno != ENOENT) throw SysError("open {}", path);
    if (fd_ && try_lock(fd_, LockMode::exclusive) && still_linked(fd_)) return;
  }
}

StagingDirectory::StagingDirectory(StagingDirectory&&) noexcept = default;

StagingDirectory::~StagingDirectory() {
  if (!fd_) return;
  try {
    remove_tree(AT_FDCWD, staging_path(root_, id_));
  } catch (const Error& error) {
    log_warning("cannot remove {} now, a later command will: {}", staging_path(root_, id_),
                error.what());
  }
}

Fd StagingDirectory::make(const std::string& name, unsigned mode) {
  if (::mkdirat(fd_.get(), name.c_str(), mode) != 0) {
    throw SysError("make directory {}/{}", staging_path(root_, id_), name);
  }
  Fd made = open_at(fd_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  // Whatever the umask says.
  if (::fchmod(made.get(), mode) != 0) {
    throw SysError("chmod {}/{}", staging_path(root_, id_), name);
  }
  return made;
}

void StagingDirectory::move_to(const std::string& path) {
  const std::string from = staging_path(root_, id_);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    throw SysError("rename {} to {}", from, path);
  }
  fd_ = Fd();
}

IngestFile::IngestFile(const std::string& root) {
  for (;;) {
    path_ = root + "/ingest/" + random_hex(kNameBytes);
    fd_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    if (!fd_ && errno == EEXIST) continue;
    if (!fd_) throw SysError("create {}", path_);
    if (try_lock(fd_, LockMode::exclusive) && still_linked(fd_)) return;
  }
}

IngestFile::~IngestFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool IngestFile::move_to(const std::string& path) {
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    throw SysError("rename to {}", path);
  }
  path_.clear();
  return true;
}

void IngestFile::replace(const std::string& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) throw SysError("rename to {}", path);
  path_.clear();
}

std::uint64_t count_unheld(const std::string& root) {
  std::uint64_t count = 0;
  for (const char* name : {"/staging", "/ingest"}) {
    const Fd directory = open_directory(root + name);
    for (const DirectoryEntry& entry : list_directory(directory.get()))
      count += lock_unheld(directory, entry) ? 1 : 0;
  }
  return count;
}

void sweep_unheld(const std::string& root) {
  for (const char* name : {"/staging", "/ingest", "/locks"})
    sweep_directory(root + name);
}

}  // namespace cbuild::store
