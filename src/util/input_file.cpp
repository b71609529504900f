// Checks the type of a file through O_PATH before opening it; see input_file.h.
#include "cbuild/util/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/pipe.h"
#include "cbuild/util/text.h"

namespace cbuild {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};
constexpr int kStep = 100;  // milliseconds

/// Looks at `path` through O_PATH, which no FIFO blocks and no device notices. No Fd: errno says
/// why.
Fd find(const std::string& path, struct stat& status) {
  Fd found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found) return found;
  if (::fstat(found.get(), &status) != 0) throw SysError("stat {}", path);
  if (S_ISDIR(status.st_mode)) throw Error("{} is a directory, not a file", printable(path));
  return found;
}

/// Opens for reading what was found.
Fd open_found(const Fd& found, const std::string& path, int flags) {
  Fd fd(::open(fd_path(found.get()).c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC | flags));
  if (!fd) throw SysError("open {}", path);
  return fd;
}

/// Whether somebody has the FIFO open for writing: tee(2) of nothing tells the end from "not yet".
bool has_writer(const Fd& fifo) {
  const Pipe pipe = make_pipe();
  return ::tee(fifo.get(), pipe.write.get(), 1, SPLICE_F_NONBLOCK) != 0;
}

/// Waits until there is something to read, or the end of it.
void wait_for_bytes(const Fd& fifo, const std::string& path) {
  const auto until = Clock::now() + kPatience;
  for (;;) {
    pollfd poll{fifo.get(), POLLIN, 0};
    const int ready = ::poll(&poll, 1, kStep);
    if (received_signal() != 0) throw Interrupted();
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw SysError("wait for {}", path);
    if (Clock::now() > until && !has_writer(fifo)) {
      throw Error(ErrorKind::usage, "{} is a FIFO, and no process writes to it", printable(path));
    }
  }
}

}  // namespace

std::optional<Fd> try_open_regular(const std::string& path) {
  struct stat status {};

  const Fd found = find(path, status);
  if (!found && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!found) throw SysError("open {}", path);
  const bool is_null = S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(1, 3);
  if (!S_ISREG(status.st_mode) && !is_null) {
    throw Error("{} is not a regular file", printable(path));
  }
  return open_found(found, path, 0);
}

Fd open_regular(const std::string& path) {
  auto fd = try_open_regular(path);
  if (!fd) throw SysError("open {}", path);
  return std::move(*fd);
}

Fd open_input(const std::string& path) {
  struct stat status {};

  const Fd found = find(path, status);
  if (!found) throw SysError("open {}", path);
  if (!S_ISFIFO(status.st_mode)) return open_found(found, path, 0);
  Fd fifo = open_found(found, path, O_NONBLOCK);
  wait_for_bytes(fifo, path);
  // It was opened anew, so that no other descriptor shares the flag.
  if (::fcntl(fifo.get(), F_SETFL, O_RDONLY) != 0) throw SysError("open {}", path);
  return fifo;
}

}  // namespace cbuild
