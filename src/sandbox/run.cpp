// A process run to its end, its output passed on; see run.h.
#include "cbuild/sandbox/run.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/pipe.h"

namespace cbuild::sandbox {

namespace {

/// A pipe that the process writes to.
struct OutputPipe {
  explicit OutputPipe(Stream name) : stream(name), pipe(make_pipe()) {
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  }

  Stream stream;
  Pipe pipe;
};

/// Passes on what one read(2) of the pipe gives; closes it at its end. False: there is no more now.
bool pass_on(OutputPipe& from, const Output& output, std::span<char> buffer) {
  const ssize_t count = ::read(from.pipe.read.get(), buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  if (count <= 0) {
    from.pipe.read = Fd();
    return false;
  }
  if (output) output(from.stream, {buffer.data(), static_cast<std::size_t>(count)});
  return true;
}

/// Returns when the sandbox has ended and all it wrote was passed on. A stream gets one read at a
/// time, however fast the process writes: the other stream and a signal have their turn between.
void pump(const Process& process,
          std::array<OutputPipe, 2>& pipes,
          const Output& output,
          const CancelToken& cancel) {
  std::array<char, 65536> buffer;
  for (bool ended = false; !ended;) {
    std::array<pollfd, 4> polls{{{pipes[0].pipe.read.get(), POLLIN, 0},
                                 {pipes[1].pipe.read.get(), POLLIN, 0},
                                 {process.fd(), POLLIN, 0},
                                 {cancel.fd(), POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    cancel.check();
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (polls[i].revents != 0) pass_on(pipes[i], output, buffer);
    }
    ended = polls[2].revents != 0;
  }
  for (OutputPipe& pipe : pipes) {
    while (pipe.pipe.read && pass_on(pipe, output, buffer))
      cancel.check();
  }
}

}  // namespace

ExitStatus run(const Workspace& workspace,
               Spec spec,
               const Output& output,
               const CancelToken& cancel) {
  cancel.check();
  std::array<OutputPipe, 2> pipes{OutputPipe(Stream::out), OutputPipe(Stream::err)};
  spec.streams = Descriptors{.out = pipes[0].pipe.write.get(), .err = pipes[1].pipe.write.get()};
  const std::string command = spec.argv.empty() ? "" : spec.argv[0];
  spec.lifetime = Lifetime::waiting_thread;
  Process process = start(workspace, std::move(spec));
  for (OutputPipe& pipe : pipes)
    pipe.pipe.write = Fd();
  pump(process, pipes, output, cancel);
  const ExitStatus status = process.wait(cancel);
  if (status.exec_error != 0 && output) {
    const char* why =
        status.exec_error == ENOENT ? "not found" : ::strerrordesc_np(status.exec_error);
    output(Stream::err, fmt::format("{}: {}\n", command, why));
  }
  return status;
}

}  // namespace cbuild::sandbox
