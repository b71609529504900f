// Waiting with poll(2) for the stream or a signal; see shared_stream.h.
#include "cbuild/util/shared_stream.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild {

namespace {

/// A step that fails cancels the token of the signals, too, which then tells of no further signal.
constexpr int kLookForSignal = 200;  // milliseconds

/// Waits until the descriptor is ready, or in error; false when a signal came first.
bool wait_until_ready(int fd, short events) {
  const CancelToken* stop = token_of_signals();
  for (;;) {
    const bool wakes = stop != nullptr && !stop->cancelled();
    std::array<pollfd, 2> polls{{{fd, events, 0}, {wakes ? stop->fd() : -1, POLLIN, 0}}};
    const int timeout = received_signal() != 0 ? 0 : kLookForSignal;
    if (::poll(polls.data(), polls.size(), wakes ? -1 : timeout) < 0 && errno != EINTR) {
      throw SysError("poll");
    }
    if (polls[0].revents != 0) return true;
    if (received_signal() != 0) return false;
  }
}

/// A further open file description of the pipe or terminal, whose O_NONBLOCK is ours alone. Absent
/// where there is no permission to open it.
Fd open_anew(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return {};
  return Fd(::open(fd_path(fd).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

SharedSink::SharedSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
  struct stat status {};

  if (::fstat(fd, &status) != 0) return;
  const bool pipe = S_ISFIFO(status.st_mode);
  if (pipe || ::isatty(fd) == 1) own_ = open_anew(fd);
  bounded_ = !own_ && (pipe || S_ISSOCK(status.st_mode));
}

bool SharedSink::try_write(std::span<const std::byte> bytes) const {
  const int fd = own_ ? own_.get() : fd_;
  while (!bytes.empty()) {
    if (bounded_ && !wait_until_ready(fd, POLLOUT)) return false;
    const std::size_t size =
        bounded_ ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
    const ssize_t count = ::write(fd, bytes.data(), size);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (!wait_until_ready(fd, POLLOUT)) return false;
    } else if (errno != EINTR) {
      throw SysError("write {}", name_);
    } else if (received_signal() != 0) {
      return false;
    }
  }
  return true;
}

void SharedSink::write(std::span<const std::byte> bytes) {
  if (!try_write(bytes)) throw Interrupted();
}

std::size_t SharedSource::read(std::span<std::byte> buffer) {
  for (;;) {
    if (!wait_until_ready(fd_.get(), POLLIN)) throw Interrupted();
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) throw SysError("read {}", name_);
  }
}

}  // namespace cbuild
