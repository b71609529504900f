// Rules of a started process: its streams, signals, lifetime, and its end.
#include "cbuild/sandbox/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"
#include "cbuild/util/pipe.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

TEST_CASE("the streams of a process are the given descriptors") {
  Root root;
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  // Numbers in any order, and beyond 4.
  root.spec.streams = Descriptors{in.read.get(), out.write.get(), err.write.get()};
  Process process = start_script(root, "cat; echo error >&2; ls /proc/self/fd | wc -l");
  in.read = Fd();
  out.write = Fd();
  err.write = Fd();
  write_text(in.write, "some ");
  write_text(in.write, "text\n");
  in.write = Fd();
  CHECK(read_all(out.read) == "some text\n4\n");  // 0, 1, 2, and the directory
  CHECK(read_all(err.read) == "error\n");
  CHECK(process.wait(never()).ok());
}

TEST_CASE("a descriptor may be two streams, and those of the caller may be given") {
  Root root;
  Pipe out = make_pipe();
  const std::array<Fd, 2> saved{Fd(::dup(STDOUT_FILENO)), Fd(::dup(STDERR_FILENO))};
  REQUIRE(::dup2(out.write.get(), STDERR_FILENO) == STDERR_FILENO);
  root.spec.streams = Descriptors{STDOUT_FILENO, STDERR_FILENO, STDERR_FILENO};
  Process process = start_script(root, "echo a; echo b >&2");
  ::dup2(saved[1].get(), STDERR_FILENO);
  out.write = Fd();
  CHECK(read_all(out.read) == "a\nb\n");
  CHECK(process.wait(never()).ok());
}

TEST_CASE("streams that are not given are /dev/null") {
  Root root;
  Process process = start_script(
      root,
      "for i in 0 1 2; do test \"$(readlink /proc/$$/fd/$i)\" = /dev/null || exit 1; done; "
      "echo x && echo x >&2 && ! read line");
  CHECK(process.wait(never()).ok());
}

TEST_CASE("a terminal is the sandbox's own, all three streams, and what controls the process") {
  Root root;
  root.spec.uid = 1000;
  root.spec.streams = Terminal{.rows = 30, .columns = 100};
  Process process =
      start_script(root, "tty; stty size; tty <&1 >/dev/tty; tty <&2; stat -c %u /dev/pts/0");
  REQUIRE(process.terminal());
  CHECK(process.wait(never()).ok());
  const std::string text = read_terminal(process.terminal());
  CHECK(text == "/dev/pts/0\r\n30 100\r\n/dev/pts/0\r\n/dev/pts/0\r\n1000\r\n");
  char byte = 0;
  CHECK(::read(process.terminal().get(), &byte, 1) < 0);
  CHECK(errno == EIO);
}

TEST_CASE("what is typed at a terminal reaches the process, Ctrl-C and a new size as signals") {
  Root root;
  root.spec.streams = Terminal{.rows = 30, .columns = 100};
  Process process = start_script(
      root,
      "stty -echo; trap 'stty size' WINCH; read line; echo \"got $line\"; echo ready; exec cat");
  const auto read_until = [&](const std::string& wanted) {
    std::string text;
    while (text.find(wanted) == std::string::npos)
      text += read_some(process.terminal());
    return text;
  };
  write_text(process.terminal(), "line\n");
  CHECK(read_until("ready\r\n").find("got line\r\n") != std::string::npos);
  write_text(process.terminal(), "\x03");
  const ExitStatus status = process.wait(never());
  CHECK(status.signal == SIGINT);
  CHECK(status.code == 128 + SIGINT);
}

TEST_CASE("a terminal that cannot be made is told by start()") {
  Root root;
  root.spec.streams = Terminal{};
  root.spec.mounts = {TmpfsMount{.target = "/dev/pts"}};
  CHECK(error_of([&] { start_script(root, "true"); }).find("make a terminal") != std::string::npos);
  root.spec.mounts = {TmpfsMount{.target = "/bin/sh/x"}};
  CHECK(error_of([&] { start_script(root, "true"); }).find("cannot mount") == 0);
}

TEST_CASE("a process with a terminal ends with its owner") {
  Root root;
  root.spec.streams = Terminal{};
  std::optional<Process> process(start_script(root, "sleep 31350"));
  CHECK(count_becomes("31350", 1));
  process.reset();
  CHECK(count_processes("31350") == 0);
}

TEST_CASE("a signal reaches the process, also one that is sent before it is there") {
  Root root;
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  Process trapping =
      start_script(root, "trap 'echo got; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  write_end = Fd();
  CHECK(read_some(out) == "ready\n");
  trapping.signal(SIGTERM);
  CHECK(trapping.wait(never()).code == 3);
  CHECK(read_all(out) == "got\n");
  CHECK_NOTHROW(trapping.signal(SIGTERM));  // it has ended

  root.spec.streams = Descriptors{};
  Process early = start_script(root, "exec sleep 100");
  early.signal(SIGTERM);
  CHECK(early.wait(never()).signal == SIGTERM);
  Process killed = start_script(root, "exec sleep 100");
  killed.signal(SIGKILL);
  CHECK(killed.wait(never()).code == 128 + SIGKILL);
}

TEST_CASE("a process can be stopped and continued") {
  Root root;
  check_stop_and_continue(root);
}

TEST_CASE("waiting can be cancelled, and be done again") {
  Root root;
  Process process = start_script(root, "sleep 0.2; exit 5");
  CancelToken cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(process.wait(cancelled), Interrupted);
  Process moved = std::move(process);
  CHECK(moved.wait(never()).code == 5);
  CHECK(moved.wait(never()).code == 5);
}

TEST_CASE("what could not be set up or executed is told by wait()") {
  Root root;
  root.spec.argv = {"nothing"};
  const ExitStatus status = start(workspace(), root.spec).wait(never());
  CHECK(status.code == 127);
  CHECK(status.exec_error == ENOENT);
  root.spec.cwd = "/bin/busybox";
  Process process = start_script(root, "true");
  for (int i = 0; i < 2; ++i) {
    CHECK(error_of([&] { process.wait(never()); }).find("enter the working directory") !=
          std::string::npos);
  }
}

TEST_CASE("a process ends with its owner, and its mount points with it") {
  Root root;
  root.spec.mounts = {TmpfsMount{.target = "/var/cache/x"}};
  {
    const Process process = start_script(root, "trap '' TERM INT HUP; sleep 31351 & sleep 31351");
    CHECK(count_becomes("31351", 2));
    CHECK(!tree_of(root.upper()).empty());
  }
  CHECK(count_processes("31351") == 0);
  CHECK(tree_of(root.upper()).empty());
}

TEST_CASE("a process ends with the thread that started it") {
  Root root;
  std::optional<Process> process;
  std::thread([&] { process.emplace(start_script(root, "sleep 31352")); }).join();
  CHECK(process->wait(never()).code == 128 + SIGKILL);
  CHECK(count_processes("31352") == 0);
}

TEST_CASE("a process with a lifetime of its own survives its owner and the thread") {
  Root root;
  root.spec.lifetime = Lifetime::own;
  Fd pidfd;
  std::thread([&] {
    const Process process = start_script(root, "exec sleep 31353");
    pidfd = Fd(::fcntl(process.fd(), F_DUPFD_CLOEXEC, 0));
  }).join();
  CHECK(count_becomes("31353", 1));
  CHECK(!has_ended(pidfd.get()));
  CHECK(::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0);
  siginfo_t info{};
  CHECK(::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | __WALL) == 0);
  CHECK(count_processes("31353") == 0);
}

TEST_CASE("a process with a lifetime of its own survives the program that started it") {
  Root root;
  root.spec.lifetime = Lifetime::own;
  Pipe pipe = make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    root.spec.streams = Descriptors{.in = pipe.read.get()};
    root.spec.argv = {"sh", "-c", "read line", "31354"};
    try {
      const Process process = start(workspace(), root.spec);
      while (count_processes("31354") == 0)
        ::usleep(1000);
    } catch (...) {
    }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(count_processes("31354") == 1);
  pipe.write = Fd();
  CHECK(count_becomes("31354", 0));
}

TEST_CASE("one thread has several processes, which end in any order") {
  Root root;
  Root other;
  Pipe first = make_pipe();
  Pipe second = make_pipe();
  root.spec.streams = Descriptors{.in = first.read.get()};
  Process waits_for_first = start_script(root, "read line; exit 1");
  other.spec.streams = Descriptors{.in = second.read.get()};
  Process waits_for_second = start_script(other, "read line; exit 2");
  second.write = Fd();
  CHECK(waits_for_second.wait(never()).code == 2);
  CHECK(!has_ended(waits_for_first.fd()));
  first.write = Fd();
  CHECK(waits_for_first.wait(never()).code == 1);
}

TEST_CASE("a process is signalled by one thread while another waits for it") {
  constexpr int kThreads = 3;
  std::vector<std::unique_ptr<Root>> roots;
  for (int i = 0; i < kThreads; ++i)
    roots.push_back(std::make_unique<Root>());
  std::array<int, kThreads> codes{};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Process process = start_script(*roots[i], "exec sleep 100");
      std::thread signaller([&] { process.signal(SIGTERM); });
      codes[i] = process.wait(never()).code;
      signaller.join();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const int code : codes)
    CHECK(code == 128 + SIGTERM);
}

}  // namespace cbuild::sandbox
