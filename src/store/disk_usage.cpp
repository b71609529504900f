// Counts blocks as du(1) does; see disk_usage.h.
#include "src/store/disk_usage.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <set>
#include <utility>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild::store {

namespace {

using Inodes = std::set<std::pair<dev_t, ino_t>>;

std::uint64_t usage_of(int dirfd, const std::string& name, Inodes& seen) {
  struct stat status {};

  if (::fstatat(dirfd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  std::uint64_t bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
  if (!S_ISDIR(status.st_mode)) {
    const bool first = status.st_nlink == 1 || seen.emplace(status.st_dev, status.st_ino).second;
    return first ? bytes : 0;
  }
  const Fd fd(::openat(dirfd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return bytes;
  for (const DirectoryEntry& entry : list_directory(fd.get()))
    bytes += usage_of(fd.get(), entry.name, seen);
  return bytes;
}

}  // namespace

std::uint64_t disk_usage(int dirfd, const std::string& name) {
  Inodes seen;
  return usage_of(dirfd, name, seen);
}

}  // namespace cbuild::store
