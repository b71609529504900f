// A file of blocks that nobody reads; see ballast.h.
#include "src/store/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/util/fd.h"

namespace cbuild::store {

namespace {

constexpr off_t kWanted = 1 << 20;
constexpr off_t kLeast = 64 << 10;

off_t free_bytes(const Fd& file) noexcept {
  struct statvfs space = {};
  if (::fstatvfs(file.get(), &space) != 0) return 0;
  return static_cast<off_t>(std::min<std::uint64_t>(space.f_bavail, kWanted) * space.f_frsize);
}

}  // namespace

bool release_ballast(const std::string& path) noexcept {
  return ::unlink(path.c_str()) == 0;
}

void restore_ballast(const std::string& path) noexcept {
  struct stat there = {};
  if (::stat(path.c_str(), &there) == 0 && there.st_size >= kWanted) return;
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return;
  // A quota is no part of what statvfs(2) says, so that less may fit.
  for (off_t size = std::min(kWanted, free_bytes(file) / 2); size >= kLeast; size /= 2) {
    if (size <= there.st_size) return;
    if (::posix_fallocate(file.get(), 0, size) == 0) return;
    (void)!::ftruncate(file.get(), there.st_size);
  }
  if (there.st_size == 0) ::unlink(path.c_str());
}

}  // namespace cbuild::store
