// Rules of start_in() where the processes of the sandbox are hostile.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/sandbox/capability_names.h"
#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

namespace {

/// A sandbox whose processes may as much as there is: nothing but the kernel's rules holds them.
struct HostileRoot : EnterableRoot {
  HostileRoot() {
    spec.capabilities = kAllCapabilities;
    spec.seccomp = false;
    spec.masks_system_paths = false;
    out = capture(spec, write_end);
  }

  /// Starts it and waits for its first line.
  Process start_with(std::vector<std::string> argv) {
    spec.argv = std::move(argv);
    Process process = start(workspace(), spec);
    write_end = Fd();
    REQUIRE(!process.await_start(never()));
    read_some(out);
    return process;
  }

  Fd write_end;
  Fd out;
};

}  // namespace

TEST_CASE("a process that enters a sandbox is out of reach until it is confined") {
  for (const std::uint32_t uid : {0U, 1000U}) {
    for (const bool has_terminal : {false, true}) {
      HostileRoot root;
      const Process sandbox = root.start_with({"probe", "hunt", "reach"});
      for (int i = 0; i < 150; ++i) {
        Command what = command({"not-there"});  // all but the execution
        what.uid = uid;
        if (has_terminal) what.streams = Terminal{};
        Process process = start_in(workspace(), sandbox, what);
        const auto failure = process.await_start(never());
        REQUIRE(failure);
        CHECK(failure->code == 127);
        process.wait(never());
      }
      pollfd found{root.out.get(), POLLIN, 0};
      if (::poll(&found, 1, 0) != 0) CHECK(read_some(root.out) == "");
      // What is executed is an ordinary process: it is found.
      const Process seen = start_in(workspace(), sandbox, command({"sleep", "100"}));
      CHECK(read_some(root.out) != "");
    }
  }
}

TEST_CASE("the end of a process that another one traces holds nobody up") {
  HostileRoot root;
  std::optional<Process> sandbox(root.start_with({"probe", "hunt", "reach"}));
  std::optional<Process> traced(start_in(workspace(), *sandbox, command({"sleep", "100"})));
  while (read_some(root.out).find("traced") == std::string::npos) {
  }
  traced->signal(SIGKILL);
  pollfd ended{traced->fd(), POLLIN, 0};
  CHECK(::poll(&ended, 1, 5000) == 1);
  CHECK(!traced->try_wait());
  const auto before = Clock::now();
  traced.reset();
  CHECK(seconds_since(before) < 2);
  sandbox->signal(SIGKILL);
  CHECK(sandbox->wait(never()).code == 137);
  CHECK(seconds_since(before) < 5);
}

TEST_CASE("a process that is stopped while it enters holds nobody up") {
  HostileRoot root;
  const Process sandbox = root.start_with({"probe", "hunt", "stop"});
  int stopped = 0;
  for (int i = 0; i < 100; ++i) {
    const auto before = Clock::now();
    Process process = start_in(workspace(), sandbox, command({"sleep", "100"}));
    CHECK(seconds_since(before) < 2);
    pollfd poll{process.start_fd(), POLLIN, 0};
    if (::poll(&poll, 1, 50) == 0) ++stopped;
  }
  MESSAGE("stopped before they had executed their program: " << stopped);
}

TEST_CASE("files of the kernel that a sandbox has replaced are not used") {
  HostileRoot root;
  const Process sandbox =
      root.start_with({"sh", "-c",
                       "mount -t tmpfs x /dev/pts; echo x > /dev/pts/ptmx; mount -t tmpfs x /proc; "
                       "ln -s /tmp /proc/self; echo ready; exec sleep 100"});
  Command what = command({"true"});
  Process plain = start_in(workspace(), sandbox, what);
  CHECK(!plain.await_start(never()));
  CHECK(plain.wait(never()).ok());
  what.streams = Terminal{};
  Process process = start_in(workspace(), sandbox, what);
  CHECK(error_of([&] { process.await_start(never()); }).find("make a terminal: No such device") !=
        std::string::npos);
  CHECK(!process.terminal());
}

TEST_CASE("a stream that is not given is never a file of the sandbox") {
  HostileRoot root;
  write_file(root.base / "lower/tmp/fake", "typed by the sandbox");
  const Process sandbox = root.start_with(
      {"sh", "-c", "mount -o bind /tmp/fake /dev/null; echo ready; exec sleep 100"});
  Process process = start_in(workspace(), sandbox, command({"cat"}));
  CHECK(error_of([&] { process.await_start(never()); }).find("arrange file descriptors") !=
        std::string::npos);
}

TEST_CASE("nothing that a sandbox executes by start_in() is our own program") {
  HostileRoot root;
  write_file(root.base / "lower/bin/again", "#!/proc/self/exe\n");
  fs::permissions(root.base / "lower/bin/again", fs::perms(0755));
  const Process sandbox = root.start_with({"sh", "-c", "echo ready; exec sleep 100"});
  for (const char* path : {"/bin/again", "/proc/self/exe", "/proc/1/exe"}) {
    CAPTURE(path);
    Command what = command({path, "31372"});
    Fd write_end;
    const Fd out = capture(what, write_end);
    Process process = start_in(workspace(), sandbox, what);
    write_end = Fd();
    const ExitStatus status = process.wait(never());
    const std::string text = read_all(out);
    CHECK(text.find("doctest") == std::string::npos);
    if (std::string(path) != "/proc/1/exe") CHECK(status.code != 0);
  }
}

}  // namespace cbuild::sandbox
