// Rules of the program that a sandbox runs: its command, environment, user, limits.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/util/error.h"
#include "src/sandbox/process_limit.h"
#include "src/sandbox/workspace_facts.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

TEST_CASE("exit codes are those of a shell") {
  Root root;
  CHECK(root.run({"true"}).status.ok());
  CHECK(root.run({"sh", "-c", "exit 7"}).status.code == 7);
  const ExitStatus killed = root.run({"sh", "-c", "kill -TERM $$"}).status;
  CHECK(killed.code == 128 + SIGTERM);
  CHECK(killed.signal == SIGTERM);

  struct Row {
    std::string command;
    int code;
    std::string message;
  };

  write_file(root.base / "lower/bin/plain", "text");
  write_file(root.base / "lower/bin/orphan", "#!/no/such/interpreter\n");
  fs::permissions(root.base / "lower/bin/orphan", fs::perms(0755));
  write_file(root.base / "lower/bin/junk", "\x01\x02 is no program\n");
  fs::permissions(root.base / "lower/bin/junk", fs::perms(0755));
  const Row rows[] = {{"nothing", 127, "nothing: not found\n"},
                      {"/bin/nothing", 127, "/bin/nothing: not found\n"},
                      {"", 127, ": not found\n"},
                      {"plain", 126, "plain: Permission denied\n"},
                      {"/bin", 126, "/bin: Is a directory\n"},
                      {"junk", 126, "junk: Exec format error\n"},
                      {"orphan", 127, "orphan: not found\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const Outcome outcome = root.run({row.command});
    CHECK(outcome.status.code == row.code);
    CHECK(outcome.err == row.message);
  }
}

TEST_CASE("a step sees its own processes, its arguments and its environment only") {
  Root root;
  CHECK(root.sh("env") == "SHLVL=1\nHOME=/root\nPATH=/bin\nPWD=/\n");
  CHECK(root.sh("ps > /tmp/ps; wc -l < /tmp/ps") == "4\n");  // title, init, sh, ps
  CHECK(root.sh("hostname") == "cbuild\n");
  CHECK(root.run({"echo", "a b", "", "c"}).out == "a b  c\n");
  root.spec.cwd = "/tmp";
  CHECK(root.sh("pwd") == "/tmp\n");
  root.spec.cwd = "/missing/deep";
  CHECK(root.sh("pwd; ls -ld . | cut -c 1-10") == "/missing/deep\ndrwxr-xr-x\n");
  root.spec.cwd = "/bin/busybox";
  CHECK_THROWS_AS(root.run({"true"}), Error);
}

TEST_CASE("a step has its user, group and supplementary groups, and no others") {
  Root root;
  CHECK(root.sh("id -u; id -g; id -G") == "0\n0\n0\n");
  root.spec.uid = 1000;
  root.spec.gid = 1001;
  root.spec.groups = {5, 6};
  CHECK(root.sh("id -u; id -g; id -G") == "1000\n1001\n1001 5 6\n");
  CHECK(root.sh("grep CapEff /proc/self/status") == "CapEff:\t0000000000000000\n");
  CHECK(root.run({"touch", "/root/x"}).status.code == 1);
}

TEST_CASE("ids that nobody has here are refused, with the range") {
  Root root;
  for (const std::uint32_t id : {4294967295U, 4294967294U}) {
    CAPTURE(id);
    root.spec.uid = id;
    // For root of the machine every id exists but the last, which means "as it is" to setresuid(2).
    const bool exists = workspace().facts().processes.root_of_machine && id != 4294967295U;
    const std::string told = error_of([&] { root.run({"true"}); });
    CAPTURE(told);
    CHECK(told.empty() == exists);
    if (exists) continue;
    CHECK(told.find("RUN as user " + std::to_string(id) +
                    ": not in the range of subordinate IDs of this user (0-") == 0);
    CHECK(told.find("see subuid(5)") != std::string::npos);
  }
  root.spec.uid = 0;
  root.spec.groups = {1, 4294967295U};
  CHECK(error_of([&] { root.run({"true"}); }).find("RUN as group 4294967295: not in") == 0);
}

TEST_CASE("a limit is kept as it was asked for, or the step does not start") {
  Root root;
  root.spec.limits = {{RLIMIT_NOFILE, 100, 200}, {RLIMIT_CORE, 0, 0}};
  CHECK(root.sh("ulimit -Sn; ulimit -Hn; ulimit -c") == "100\n200\n0\n");
  root.spec.limits = {{RLIMIT_NOFILE, 4, 4}};  // the descriptors of the launcher are there already
  CHECK(root.run({"true"}).status.ok());
  rlimit ours{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
  root.spec.limits = {{RLIMIT_NOFILE, 100, ours.rlim_max + 1}};
  CHECK(error_of([&] { root.run({"true"}); }).find("set a resource limit") != std::string::npos);
}

TEST_CASE("nproc is kept for whoever builds") {
  Root root;
  constexpr int kAsked = 40;
  root.spec.limits = {{RLIMIT_NPROC, kAsked, kAsked}};
  const Outcome outcome = root.run(
      {"sh", "-c", "i=0; while [ $i -lt 100 ]; do sleep 31341 & i=$((i + 1)); echo $i; done"});
  CHECK(outcome.status.code != 0);
  CHECK(outcome.err.find("can't fork") != std::string::npos);
  const auto started = std::ranges::count(outcome.out, '\n');
  CHECK(started > kAsked / 2);  // for a user the threads of this program count, too
  CHECK(started < kAsked);
  CHECK(count_processes("31341") == 0);
}

TEST_CASE("a limit of pids is the number of processes, whoever they belong to") {
  Root root;
  constexpr int kAsked = 20;
  root.spec.group_limits.pids = kAsked;
  for (const unsigned user : {0U, 33U}) {
    root.spec.uid = user;
    const Outcome outcome = root.run(
        {"sh", "-c", "i=0; while [ $i -lt 100 ]; do sleep 31343 & i=$((i + 1)); echo $i; done"});
    CHECK(outcome.err.find("can't fork") != std::string::npos);
    CHECK(outcome.status.too_many_processes == 0);
    const auto started = std::ranges::count(outcome.out, '\n');
    if (pid_max_is_namespaced()) CHECK(started == kAsked - 1);  // without the shell
    CHECK(started < kAsked);
    CHECK(started > kAsked / 2);
  }
  CHECK(count_processes("31343") == 0);
}

TEST_CASE("a set of CPUs is kept, with or without a control group") {
  Root root;
  root.spec.group_limits.cpus = {0};
  CHECK(root.sh("grep Cpus_allowed_list /proc/self/status") == "Cpus_allowed_list:\t0\n");
}

TEST_CASE("a step offers itself to the OOM killer as much as it is asked to") {
  Root root;
  CHECK(root.sh("cat /proc/self/oom_score_adj") == "100\n");
  root.spec.group_limits.oom_score_adj = 700;
  CHECK(root.sh("cat /proc/self/oom_score_adj") == "700\n");
}

TEST_CASE("a fork bomb ends its step, and leaves a step beside it alone") {
  Root root;
  Root neighbour;
  // Before Linux 6.14 the steps of an ordinary user's build have their limit together.
  const bool is_alone = !pid_max_is_namespaced() && !workspace().facts().processes.root_of_machine;
  std::jthread beside([&] {
    if (is_alone) return;
    CHECK(neighbour.sh(
              "i=0; while [ $i -lt 100 ]; do busybox true; sleep 0.05; i=$((i + 1)); done") == "");
  });
  const auto start = Clock::now();
  // A shell that cannot fork ends: one must be left that does not try.
  const ExitStatus status =
      root.run({"sh", "-c", "(while :; do sleep 31342 & done); while :; do :; done"}).status;
  CHECK(status.too_many_processes == usual_process_limit());
  CHECK(status.code == 128 + SIGKILL);
  CHECK(seconds_since(start) < 60);
  CHECK(count_processes("31342") == 0);
  beside.join();
}

}  // namespace cbuild::sandbox
