// A child that reads and writes; see stream_pump.h.
#include "src/sandbox/stream_pump.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "src/sandbox/descriptors.h"

namespace cbuild::sandbox {

namespace {

constexpr int kPatience = 1000;  // ms

/// Waits until the stream takes PIPE_BUF bytes without waiting.
/// @param end descriptor that is readable when there is no more time than `kPatience`; -1 = there
/// is none from the beginning
bool await_room(int stream, int end) noexcept {
  std::array<pollfd, 2> polls{{{stream, POLLOUT, 0}, {end, POLLIN, 0}}};
  if (end >= 0) ::poll(polls.data(), polls.size(), -1);
  if (polls[0].revents == 0) ::poll(polls.data(), 1, kPatience);
  return polls[0].revents != 0;
}

/// Passes one block on. @return whether there was a block, and it was written
bool pass_on(const PumpedStream& from, int end) noexcept {
  std::array<char, PIPE_BUF> block;
  const ssize_t size = ::read(from.fifo, block.data(), block.size());
  for (ssize_t done = 0; done < size && from.stream >= 0;) {
    if (!await_room(from.stream, end)) return false;
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
  sigset_t asked;
  ::sigemptyset(&asked);
  ::sigaddset(&asked, SIGTERM);
  const int end = ::signalfd(-1, &asked, SFD_CLOEXEC);
  if (end < 0) ::_exit(1);
  for (;;) {
    std::array<pollfd, 3> polls{
        {{streams[0].fifo, POLLIN, 0}, {streams[1].fifo, POLLIN, 0}, {end, POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) ::_exit(1);
    if (polls[2].revents != 0) ::_exit(0);
    for (const PumpedStream& stream : streams)
      pass_on(stream, end);
  }
}

}  // namespace

pid_t start_pump(const PumpedStreams& streams) noexcept {
  // Not fork(3): another thread of the parent may have held the locks that it takes.
  const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) pump(streams);
  return static_cast<pid_t>(pid);
}

void finish_pump(pid_t pump) noexcept {
  constexpr int kTries = 2000;
  constexpr timespec kPause{0, 1'000'000};
  ::kill(pump, SIGTERM);
  for (int i = 0; i < kTries && ::waitpid(pump, nullptr, WNOHANG) == 0; ++i)
    ::nanosleep(&kPause, nullptr);
}

void drain(const PumpedStreams& streams) noexcept {
  for (const PumpedStream& stream : streams) {
    while (pass_on(stream, -1)) {
    }
  }
}

}  // namespace cbuild::sandbox
