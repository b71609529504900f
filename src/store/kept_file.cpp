// Reading and replacing kept files; see kept_file.h.
#include "cbuild/store/kept_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild::store {

namespace {

constexpr std::int64_t kTouchInterval = 3600;  // seconds

/// Failures are ignored: prune then removes the file earlier than it should.
void touch(const std::string& path) {
  struct stat status {};

  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file || ::fstat(file.get(), &status) != 0) return;
  const std::int64_t age = ::time(nullptr) - status.st_mtim.tv_sec;
  // A time in the future, from a clock that was wrong, is corrected as well.
  if (age >= 0 && age < kTouchInterval) return;
  ::futimens(file.get(), nullptr);
}

}  // namespace

std::optional<std::string> KeptFile::read(std::uint64_t limit) const {
  auto content = read_file_if_exists(path_, limit);
  if (content) touch(path_);
  return content;
}

void KeptFile::replace(std::string_view content) const {
  make_directories(path_.substr(0, path_.find_last_of('/')), 0700);
  write_file_atomically(path_, content, 0600, Durability::none);
}

}  // namespace cbuild::store
