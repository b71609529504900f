// What tests of started processes share: scripts, and what they write.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "cbuild/sandbox/process.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/pipe.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

inline Process start_script(Root& root, const std::string& script) {
  root.spec.argv = {"sh", "-c", script};
  return start(workspace(), root.spec);
}

/// One read(2), at most five seconds later; empty at the end.
inline std::string read_some(const Fd& fd) {
  pollfd poll{fd.get(), POLLIN, 0};
  REQUIRE(::poll(&poll, 1, 5000) == 1);
  std::string text(4096, '\0');
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  REQUIRE(count >= 0);
  text.resize(static_cast<std::size_t>(count));
  return text;
}

inline std::string read_all(const Fd& fd) {
  std::string text;
  for (std::string part = read_some(fd); !part.empty(); part = read_some(fd))
    text += part;
  return text;
}

/// All that the processes of a terminal have written, when they have ended. One read(2) may give a
/// part of it only; the end is EIO.
inline std::string read_terminal(const Fd& master) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t count = ::read(master.get(), block, sizeof block);
    if (count <= 0) return text;
    text.append(block, static_cast<std::size_t>(count));
  }
}

inline void write_text(const Fd& fd, const std::string& text) {
  REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

/// A pipe that the process of `command` writes to.
inline Fd capture(Command& command, Fd& write_end) {
  Pipe pipe = make_pipe();
  command.streams = Descriptors{.out = pipe.write.get(), .err = pipe.write.get()};
  write_end = std::move(pipe.write);
  return std::move(pipe.read);
}

inline bool has_ended(int pidfd) {
  pollfd poll{pidfd, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

/// A root for a program without an init, which others enter.
struct EnterableRoot : Root {
  EnterableRoot() {
    spec.init = false;
    spec.enterable = true;
    spec.network = NoNetwork{};
    spec.lifetime = Lifetime::waiting_thread;
  }
};

/// A program for start_in().
inline Command command(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  command.env = {"PATH=/bin"};
  command.lifetime = Lifetime::waiting_thread;
  return command;
}

/// A process of `root` writes until SIGSTOP, and again from SIGCONT on.
inline void check_stop_and_continue(Root& root) {
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  Process process = start_script(root, "while :; do echo x; sleep 0.02; done");
  read_some(out);
  process.signal(SIGSTOP);
  pollfd poll{out.get(), POLLIN, 0};
  while (::poll(&poll, 1, 300) == 1)  // a line may have been on its way
    read_some(out);
  process.signal(SIGCONT);
  CHECK(read_some(out) == "x\n");
}

}  // namespace cbuild::sandbox
