// A child that reads and writes; see stream_pump.h.
#include "src/sandbox/stream_pump.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "src/sandbox/descriptors.h"

namespace cbuild::sandbox {

namespace {

constexpr int kForEver = -1;

/// Passes one block on. A pipe that can be written to takes PIPE_BUF bytes without waiting.
/// @param patience of poll(2), for the reader of the stream
/// @return whether there was a block, and it was written
bool pass_on(const PumpedStream& from, int patience) noexcept {
  std::array<char, PIPE_BUF> block;
  const ssize_t size = ::read(from.fifo, block.data(), block.size());
  for (ssize_t done = 0; done < size && from.stream >= 0;) {
    pollfd stream{from.stream, POLLOUT, 0};
    if (::poll(&stream, 1, patience) != 1) return false;
    const ssize_t count =
        ::write(from.stream, block.data() + done, static_cast<std::size_t>(size - done));
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    done += std::max<ssize_t>(count, 0);
  }
  return size > 0;
}

[[noreturn]] void pump(const PumpedStreams& streams) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  std::array<int, 4> kept{streams[0].fifo, streams[0].stream, streams[1].fifo, streams[1].stream};
  std::ranges::sort(kept);
  const auto* first = std::ranges::find_if(kept, [](int fd) { return fd >= 0; });
  close_others({first, kept.end()});
  for (;;) {
    std::array<pollfd, 2> polls{{{streams[0].fifo, POLLIN, 0}, {streams[1].fifo, POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), kForEver) < 0 && errno != EINTR) ::_exit(1);
    for (const PumpedStream& stream : streams)
      pass_on(stream, kForEver);
  }
}

}  // namespace

bool start_pump(const PumpedStreams& streams) noexcept {
  // Not fork(3): another thread of the parent may have held the locks that it takes.
  const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) pump(streams);
  return pid > 0;
}

void drain(const PumpedStreams& streams) noexcept {
  constexpr int kPatience = 1000;  // ms
  for (const PumpedStream& stream : streams) {
    while (pass_on(stream, kPatience)) {
    }
  }
}

}  // namespace cbuild::sandbox
