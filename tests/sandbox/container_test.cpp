// Rules of a sandbox whose program is its first process, and of what start_in() starts there.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/usage.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

namespace {

struct ContainerRoot : EnterableRoot {
  /// One that lasts until it is killed.
  Process start_idle() {
    Fd write_end;
    const Fd out = capture(spec, write_end);
    Process process =
        start_script(*this, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    REQUIRE(!process.await_start(never()));
    CHECK(read_some(out) == "ready\n");
    return process;
  }
};

struct Entered {
  ExitStatus status;
  std::string out;
};

Entered run_in(const Process& sandbox, Command what) {
  Fd write_end;
  const Fd out = capture(what, write_end);
  Process process = start_in(workspace(), sandbox, std::move(what));
  write_end = Fd();
  Entered entered;
  entered.out = read_all(out);
  entered.status = process.wait(never());
  return entered;
}

std::string sh_in(const Process& sandbox, const std::string& script) {
  const Entered entered = run_in(sandbox, command({"sh", "-c", script}));
  CAPTURE(script);
  CAPTURE(entered.out);
  CHECK(entered.status.code == 0);
  return entered.out;
}

/// Code and words; empty when it was executed.
std::string failure_of(Process& process) {
  const auto failure = process.await_start(never());
  return failure ? std::to_string(failure->code) + " " + failure->message : "";
}

}  // namespace

TEST_CASE("without an init the program is the first process, and its end that of the sandbox") {
  ContainerRoot root;
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  Process process = start_script(root, "echo $$; cat /proc/1/comm; setsid sleep 31360 & exit 7");
  write_end = Fd();
  CHECK(process.wait(never()).code == 7);
  CHECK(read_all(out) == "1\nsh\n");
  CHECK(count_processes("31360") == 0);
}

TEST_CASE("a first process is signalled directly, and ignores what it does not handle") {
  ContainerRoot root;
  Process obeys = root.start_idle();
  obeys.signal(SIGTERM);
  CHECK(obeys.wait(never()).code == 0);
  Process ignores = start_script(root, "exec sleep 100");
  CHECK(!ignores.await_start(never()));
  ignores.signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(!has_ended(ignores.fd()));
  ignores.signal(SIGKILL);
  const ExitStatus status = ignores.wait(never());
  CHECK(status.code == 137);
  CHECK(status.signal == SIGKILL);
}

TEST_CASE("a first process is stopped and continued") {
  ContainerRoot root;
  check_stop_and_continue(root);
}

TEST_CASE("with an init orphans are reaped, and signals are passed on") {
  ContainerRoot root;
  root.spec.init = true;
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  Process process = start_script(
      root,
      "trap 'exit 4' TERM; (sleep 0.1 & exit) ; sleep 0.3; ps -o stat,comm | grep -c Z; echo $$; "
      "echo ready; while :; do sleep 0.01; done");
  write_end = Fd();
  std::string text;
  while (text.find("ready\n") == std::string::npos)
    text += read_some(out);
  CHECK(text.starts_with("0\n"));
  CHECK(text.find("\n1\n") == std::string::npos);
  process.signal(SIGTERM);
  CHECK(process.wait(never()).code == 4);
}

TEST_CASE("await_start() tells in docker's words why a program was not executed") {
  struct Row {
    std::vector<std::string> argv;
    std::string failure;
  };

  const Row rows[] = {
      {{"true"}, ""},
      {{"nothing"}, "127 exec: \"nothing\": executable file not found in $PATH"},
      {{"/bin/nothing"},
       "127 exec: \"/bin/nothing\": stat /bin/nothing: no such file or directory"},
      {{"/tmp/plain"}, "126 exec: \"/tmp/plain\": permission denied"},
      {{"/tmp"}, "126 exec: \"/tmp\": is a directory"},
      {{"/tmp/garbage"}, "126 exec /tmp/garbage: exec format error"},
      {{"/tmp/script"}, "127 exec /tmp/script: no such file or directory"},
  };
  for (const bool init : {false, true}) {
    ContainerRoot root;
    root.spec.init = init;
    write_file(root.base / "lower/tmp/plain", "x");
    write_file(root.base / "lower/tmp/garbage",
               "\x7f"
               "ELFx");
    write_file(root.base / "lower/tmp/script", "#!/missing\n");
    for (const char* name : {"garbage", "script"})
      fs::permissions(root.base / "lower/tmp" / name, fs::perms(0755));
    for (const Row& row : rows) {
      CAPTURE(row.argv[0]);
      root.spec.argv = row.argv;
      Process process = start(workspace(), root.spec);
      CHECK(failure_of(process) == row.failure);
      CHECK(failure_of(process) == row.failure);
      const ExitStatus status = process.wait(never());
      CHECK(status.code == (row.failure.empty() ? 0 : std::stoi(row.failure)));
      CHECK((status.exec_error != 0) == !row.failure.empty());
    }
    const Process sandbox = root.start_idle();
    for (const Row& row : rows) {
      CAPTURE(row.argv[0]);
      Process process = start_in(workspace(), sandbox, command(row.argv));
      CHECK(failure_of(process) == row.failure);
    }
  }
}

TEST_CASE("await_start() throws what the set-up fails with, and can be cancelled") {
  ContainerRoot root;
  root.spec.mounts = {TmpfsMount{.target = "/bin/sh/x"}};
  Process process = start_script(root, "true");
  const auto failure = [&] { return error_of([&] { process.await_start(never()); }); };
  CHECK(failure().find("cannot mount a directory on /bin/sh/x") == 0);
  CHECK(error_of([&] { process.wait(never()); }) == failure());
  root.spec.mounts.clear();
  Process running = root.start_idle();
  CancelToken cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(running.await_start(cancelled), Interrupted);
}

TEST_CASE("the id of a process is the one that /proc of the caller shows") {
  ContainerRoot root;
  root.spec.argv = {"sleep", "31361"};
  Process process = start(workspace(), root.spec);
  CHECK(!process.await_start(never()));
  const auto text = read_file("/proc/" + std::to_string(process.pid()) + "/cmdline");
  CHECK(text == std::string("sleep\0", 6) + std::string("31361\0", 6));
  process.signal(SIGKILL);
  process.wait(never());
  CHECK(process.pid() == 0);
}

TEST_CASE("what is started in a sandbox is in its namespaces, and a child of the caller") {
  for (const bool init : {false, true}) {
    CAPTURE(init);
    ContainerRoot root;
    root.spec.init = init;
    root.spec.hostname = "inside";
    Process sandbox = root.start_idle();
    CHECK(sh_in(sandbox, "hostname; ls /proc/self/fd | wc -l; echo $PPID") == "inside\n4\n0\n");
    for (const char* kind : {"mnt", "pid", "net", "ipc", "uts"}) {
      CAPTURE(kind);
      const std::string script =
          std::string("readlink /proc/self/ns/") + kind + " > /tmp/entered-" + kind;
      CHECK(sh_in(sandbox, script) == "");
    }
    const Entered entered = run_in(sandbox, command({"sh", "-c", "exit 9"}));
    CHECK(entered.status.code == 9);
    Process waits = start_in(workspace(), sandbox, command({"sleep", "31362"}));
    CHECK(!waits.await_start(never()));
    CHECK(read_file("/proc/" + std::to_string(waits.pid()) + "/status")
              .find("PPid:\t" + std::to_string(::getpid()) + "\n") != std::string::npos);
    waits.signal(SIGTERM);
    CHECK(waits.wait(never()).signal == SIGTERM);
  }
}

TEST_CASE("what is started in a sandbox has the command's own user, directory and environment") {
  ContainerRoot root;
  const Process sandbox = root.start_idle();
  Command what = command({"sh", "-c", "id -u; id -g; id -G; pwd; echo $A $HOME"});
  what.uid = 1000;
  what.gid = 1001;
  what.groups = {7, 9};
  what.cwd = "/tmp";
  what.env.emplace_back("A=b");
  CHECK(run_in(sandbox, what).out == "1000\n1001\n1001 7 9\n/tmp\nb\n");
}

TEST_CASE("what is started in a sandbox is confined as its first process is") {
  ContainerRoot root;
  root.spec.limits = {{RLIMIT_NOFILE, 100, 100}};
  const std::string script =
      "grep -E '^(Cap|NoNewPrivs|Seccomp:|Sig)' /proc/self/status; ulimit -n; ulimit -c; umask; "
      "cat /proc/self/oom_score_adj";
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  const Process sandbox = start_script(root, script + "; exec sleep 100");
  write_end = Fd();
  std::string first;
  while (first.find("0022\n100\n") == std::string::npos)
    first += read_some(out);
  CHECK(!const_cast<Process&>(sandbox).await_start(never()));
  CHECK(sh_in(sandbox, script) == first);
  const auto expected = probe(root);
  const Entered entered = run_in(sandbox, command({"probe"}));
  for (const auto& [name, result] : expected) {
    if (name.find("/1/") != std::string::npos || name == "ptrace-1") continue;
    CAPTURE(name);
    CHECK(entered.out.find(name + " " + result.substr(0, result.find(' ')) + "\n") !=
          std::string::npos);
  }
  CHECK(run_in(sandbox, command({"probe", "fds"})).out == "fd 0\nfd 1\nfd 2\n");
}

TEST_CASE("processes of a sandbox signal each other, and reach each other's sockets") {
  ContainerRoot root;
  Process sandbox = root.start_idle();
  sh_in(sandbox, "kill -TERM 1");
  CHECK(sandbox.wait(never()).code == 0);
}

TEST_CASE("a terminal in a sandbox is one of its own pseudo-terminals") {
  ContainerRoot root;
  const Process sandbox = root.start_idle();
  Command what = command({"sh", "-c", "tty; stty size; tty <&1 >/dev/tty; stat -c %u /dev/pts/0"});
  what.streams = Terminal{.rows = 20, .columns = 70};
  what.uid = 1000;
  Process process = start_in(workspace(), sandbox, what);
  CHECK(!process.terminal());
  CHECK(!process.await_start(never()));
  REQUIRE(process.terminal());
  CHECK(process.wait(never()).ok());
  const std::string text = read_terminal(process.terminal());
  CHECK(text == "/dev/pts/0\r\n20 70\r\n/dev/pts/0\r\n1000\r\n");
}

TEST_CASE("what was started in a sandbox ends with it, in whatever order they are waited for") {
  for (const bool init : {false, true}) {
    CAPTURE(init);
    ContainerRoot root;
    root.spec.init = init;
    std::optional<Process> sandbox(root.start_idle());
    Process first = start_in(workspace(), *sandbox, command({"sleep", "31363"}));
    Process second = start_in(workspace(), *sandbox, command({"sleep", "31363"}));
    CHECK(count_becomes("31363", 2));
    sandbox->signal(SIGKILL);
    CHECK(sandbox->wait(never()).code == 137);  // though nobody has waited for the others
    CHECK(count_processes("31363") == 0);
    CHECK(first.wait(never()).code == 137);
    sandbox.reset();
    CHECK(second.wait(never()).code == 137);

    sandbox.emplace(root.start_idle());
    Process third = start_in(workspace(), *sandbox, command({"sleep", "31363"}));
    sandbox.reset();  // kills it
    CHECK(third.wait(never()).code == 137);
  }
}

TEST_CASE("a process that was started in a sandbox ends with its owner and with its thread") {
  ContainerRoot root;
  const Process sandbox = root.start_idle();
  {
    const Process process = start_in(workspace(), sandbox, command({"sleep", "31364"}));
    CHECK(count_becomes("31364", 1));
  }
  CHECK(count_processes("31364") == 0);
  std::optional<Process> process;
  std::thread([&] {
    Command what = command({"sleep", "31365"});
    what.lifetime = Lifetime::thread;
    process.emplace(start_in(workspace(), sandbox, what));
  }).join();
  CHECK(process->wait(never()).code == 137);
  CHECK(!has_ended(sandbox.fd()));
}

TEST_CASE(
    "a first process ends with the thread that started it, also after it has changed its user") {
  ContainerRoot root;
  root.spec.uid = 1000;
  root.spec.lifetime = Lifetime::thread;
  std::optional<Process> process;
  std::thread([&] { process.emplace(start_script(root, "exec sleep 31366")); }).join();
  CHECK(process->wait(never()).code == 137);
  CHECK(count_processes("31366") == 0);
}

TEST_CASE("only a running sandbox that was started to be entered can be") {
  ContainerRoot root;
  const auto refusal = [&](Process& sandbox) {
    return error_of([&] { start_in(workspace(), sandbox, command({"true"})).wait(never()); });
  };
  Process sandbox = root.start_idle();
  CHECK(refusal(sandbox) == "");
  sandbox.signal(SIGKILL);
  sandbox.wait(never());
  CHECK(refusal(sandbox).find("the sandbox has ended") != std::string::npos);
  root.spec.enterable = false;
  Process closed = root.start_idle();
  CHECK(refusal(closed).find("was not started to be") != std::string::npos);
  root.spec.enterable = true;
  Process open = root.start_idle();
  CHECK(error_of([&] { start_in(workspace(), open, command({})); }) ==
        "there is no command to run / ");
}

TEST_CASE("the directory of a process is in the sandbox, and is not made") {
  ContainerRoot root;
  const int leaked = ::open("/", O_RDONLY | O_DIRECTORY);  // NOLINT: without O_CLOEXEC on purpose
  const Process sandbox = root.start_idle();
  sh_in(sandbox, "ln -s /proc/self/fd /tmp/fds; ln -s /../../../../root /tmp/up");
  Command what = command({"sh", "-c", "pwd; ls -d /work /canary 2>/dev/null; true"});
  for (int fd = 0; fd < 40; ++fd) {
    for (const char* directory : {"/proc/self/fd/", "/tmp/fds/"}) {
      what.cwd = directory + std::to_string(fd);
      CAPTURE(what.cwd);
      Process process = start_in(workspace(), sandbox, what);
      CHECK(error_of([&] { process.await_start(never()); }).find("enter the working directory") !=
            std::string::npos);
    }
  }
  what.cwd = "/tmp/up";
  CHECK(run_in(sandbox, what).out == "/root\n");
  what.cwd = "/tmp/missing";
  CHECK_THROWS_AS(run_in(sandbox, what), Error);
  CHECK(sh_in(sandbox, "ls /tmp") == "fds\nup\n");
  ::close(leaked);
}

/// As a supervisor of containers is: first in a pid namespace, with the /proc of another. 0, or the
/// line of what failed.
TEST_CASE("a first process of a pid namespace that sees the /proc around it has containers") {
  ContainerRoot root;
  root.spec.argv = {"sleep", "31367"};
  const auto failed_line = [&] {
    Process sandbox = start(workspace(), root.spec);
    if (sandbox.await_start(never())) return __LINE__;
    const auto shown = read_file("/proc/" + std::to_string(sandbox.pid()) + "/cmdline");
    if (shown.find("31367") == std::string::npos) return __LINE__;
    Process entered = start_in(workspace(), sandbox, command({"sleep", "100"}));
    if (entered.await_start(never())) return __LINE__;
    if (sandbox.usage().processes != 2) return __LINE__;
    const auto state = [&] {
      const auto text = read_file("/proc/" + std::to_string(entered.pid()) + "/stat");
      return text.at(text.rfind(')') + 2);
    };
    sandbox.pause();
    for (int i = 0; i < 1000 && state() != 'T'; ++i)
      ::usleep(1000);
    if (state() != 'T') return __LINE__;
    sandbox.resume();
    entered.signal(SIGTERM);
    if (entered.wait(never()).signal != SIGTERM) return __LINE__;
    root.spec.pid = CallersNamespace{};
    root.spec.argv = {"sh", "-c", "test $$ != 1 && test -e /proc/1/stat"};
    if (start(workspace(), root.spec).wait(never()).code != 0) return __LINE__;
    return 0;
  };
  const long child =
      ::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) {
    int line = 1;
    try {
      line = failed_line();
    } catch (const std::exception& error) {
      (void)!::write(STDERR_FILENO, error.what(), std::strlen(error.what()));
    }
    ::_exit(line == 0 ? 0 : 1 + line % 250);
  }
  int status = -1;
  REQUIRE(::waitpid(static_cast<pid_t>(child), &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace cbuild::sandbox
