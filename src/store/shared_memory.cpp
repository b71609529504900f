// mmap(2) and ftruncate(2) for SQLite; see shared_memory.h.
#include "src/store/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cbuild::store {

namespace {

constexpr off_t kCut = 3;  // no other file of SQLite's is ever cut to this

bool clear(int fd) {
  struct stat file = {};
  if (::fstat(fd, &file) != 0) return false;
  static constexpr std::array<char, 32768> kZeros{};
  for (off_t at = 0; at < file.st_size;) {
    const auto count = std::min<off_t>(file.st_size - at, kZeros.size());
    const ssize_t written = ::pwrite(fd, kZeros.data(), static_cast<std::size_t>(count), at);
    if (written <= 0) return false;
    at += written;
  }
  return true;
}

}  // namespace

void* map_with_all_blocks(
    void* address, std::size_t length, int protection, int flags, int fd, off_t offset) {
  struct stat file = {};
  const bool sparse = (protection & PROT_WRITE) != 0 && ::fstat(fd, &file) == 0 &&
                      file.st_blocks * 512 < file.st_size;
  // Other errors: a file system that cannot do it.
  if (sparse && ::fallocate(fd, 0, 0, offset + static_cast<off_t>(length)) != 0 &&
      (errno == ENOSPC || errno == EDQUOT)) {
    return MAP_FAILED;
  }
  return ::mmap(address, length, protection, flags, fd, offset);
}

int truncate_or_clear(int fd, off_t size) {
  if (size == kCut && clear(fd)) return 0;
  return ::ftruncate(fd, size);
}

}  // namespace cbuild::store
