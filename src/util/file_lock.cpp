// Polls flock(2), so that a wait can be cancelled; see file_lock.h.
#include "cbuild/util/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/patience.h"

namespace cbuild {

bool try_lock(const Fd& fd, LockMode mode) {
  const int operation = mode == LockMode::shared ? LOCK_SH : LOCK_EX;
  while (::flock(fd.get(), operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw SysError("lock a file");
  }
  return true;
}

void lock(const Fd& fd, LockMode mode, std::string_view what, const CancelToken* cancel) {
  // flock(2) cannot be combined with poll(2), so that a blocking one would not see a cancellation.
  Patience patience(what, cancel);
  while (!try_lock(fd, mode)) {
    if (!patience.pause()) throw Interrupted();
  }
}

bool still_linked(const Fd& fd) {
  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat a lock");
  return status.st_nlink > 0;
}

NameLock::NameLock(std::string path, std::string_view what, const CancelToken& cancel)
    : path_(std::move(path)) {
  do {
    fd_ = open_file(path_, O_RDWR | O_CREAT, 0600);
    lock(fd_, LockMode::exclusive, what, &cancel);
  } while (!still_linked(fd_));
}

NameLock::~NameLock() {
  ::unlink(path_.c_str());
}

}  // namespace cbuild
