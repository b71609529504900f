// Reading and replacing kept files; see kept_file.h.
#include "cbuild/store/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"

namespace cbuild::store {

namespace {

constexpr std::int64_t kTouchInterval = 3600;  // seconds

/// Failures are ignored: prune then removes the file earlier than it should.
void touch(const Fd& file, const struct stat& status) {
  const std::int64_t age = ::time(nullptr) - status.st_mtim.tv_sec;
  // A time in the future, from a clock that was wrong, is corrected as well.
  if (age >= 0 && age < kTouchInterval) return;
  ::futimens(file.get(), nullptr);
}

}  // namespace

std::optional<std::string> KeptFile::read(std::uint64_t limit) const {
  Fd file(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;

  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0) throw SysError("open {}", path_);
  if (!S_ISREG(status.st_mode)) throw Error("{} is not a regular file", path_);
  touch(file, status);
  FdSource source(std::move(file), path_);
  return with_context(path_, [&] { return read_all(source, limit); });
}

void KeptFile::replace(std::string_view content) const {
  make_directories(path_.substr(0, path_.find_last_of('/')), 0700);
  write_file_atomically(path_, content, 0600, Durability::none);
}

}  // namespace cbuild::store
