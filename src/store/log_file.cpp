// Blocks of the write-ahead log; see log_file.h.
#include "src/store/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cbuild/util/fd.h"

namespace cbuild::store {

namespace {

/// Twice the size at which the log is folded in, so that it is large enough whenever it is needed.
constexpr std::uint64_t kReserve = 1 << 20;
constexpr std::uint64_t kLeastReserve = 64 << 10;

}  // namespace

std::string log_of(const std::string& database) {
  return database + "-wal";
}

std::uint64_t log_size(const std::string& database) {
  struct stat log = {};
  return ::stat(log_of(database).c_str(), &log) == 0 ? static_cast<std::uint64_t>(log.st_size) : 0;
}

bool may_truncate_log(const std::string& database) {
  struct statvfs space = {};
  return ::statvfs(database.c_str(), &space) == 0 && space.f_bavail > 4 * kReserve / space.f_frsize;
}

void reserve_log(const std::string& database) noexcept {
  const Fd log(::open(log_of(database).c_str(), O_WRONLY | O_CLOEXEC));
  struct stat status = {};
  if (!log || ::fstat(log.get(), &status) != 0) return;
  const std::uint64_t has = static_cast<std::uint64_t>(status.st_blocks) * 512;
  for (std::uint64_t size = kReserve; size > has && size >= kLeastReserve; size /= 2) {
    const auto bytes = static_cast<off_t>(size);
    if (::fallocate(log.get(), FALLOC_FL_KEEP_SIZE, 0, bytes) == 0) return;
  }
}

}  // namespace cbuild::store
