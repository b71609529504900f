// Rules of a running sandbox that is looked at, paused, and given other limits.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/usage.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/group.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

namespace {

Process start_in_own_group(Root& root, const Group& group, const std::string& script) {
  root.spec.init = false;
  root.spec.cgroup_fd = group.fd();
  return start_script(root, script);
}

GroupLimits memory_of(std::uint64_t bytes) {
  GroupLimits limits;
  limits.memory = bytes;
  return limits;
}

GroupLimits pids_of(std::uint64_t count) {
  GroupLimits limits;
  limits.pids = count;
  return limits;
}

GroupLimits cpus_of(std::uint64_t nano_cpus) {
  GroupLimits limits;
  limits.nano_cpus = nano_cpus;
  return limits;
}

/// Nothing is written for a while, apart from what was on its way.
bool is_silent(const Fd& out) {
  pollfd poll{out.get(), POLLIN, 0};
  for (int i = 0; i < 20 && ::poll(&poll, 1, 300) == 1; ++i)
    read_some(out);
  return ::poll(&poll, 1, 0) == 0;
}

constexpr const char* kWriter =
    "(while :; do echo x; sleep 0.02; done) & while :; do echo y; sleep 0.02; done";

}  // namespace

TEST_CASE("without a control group usage is the sum over the processes of the sandbox") {
  for (const bool init : {true, false}) {
    Root root;
    root.spec.init = init;
    Fd write_end;
    const Fd out = capture(root.spec, write_end);
    Process process = start_script(
        root,
        "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; (sleep 100 & exec sleep 100) & "
        "setsid sleep 100 & sleep 0.2; echo ready; wait");
    read_some(out);
    const Usage usage = process.usage();
    CHECK(usage.processes == (init ? 5 : 4));
    CHECK(usage.cpu >= 10'000'000);
    CHECK(usage.cpu < 5'000'000'000);
    CHECK(usage.memory > 100'000);
    CHECK(usage.memory < 200'000'000);
    CHECK(usage.memory_limit == 0);
    process.signal(SIGKILL);
    process.wait(never());
    CHECK(process.usage().processes == 0);
  }
}

TEST_CASE("usage is what control groups count") {
  for (const char* controller : {"memory", "pids", "cpuacct"}) {
    CAPTURE(controller);
    const auto group = Group::make(controller);
    if (!group) continue;
    Root root;
    Fd write_end;
    const Fd out = capture(root.spec, write_end);
    group->write("memory.limit_in_bytes", "50000000");
    group->write("pids.max", "77");
    Process process = start_in_own_group(
        root, *group,
        "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 100 & echo ready; wait");
    read_some(out);
    const Usage usage = process.usage();
    CHECK(usage.processes == 2);
    CHECK(usage.memory > 50'000);
    CHECK(usage.cpu > 5'000'000);
    if (std::string(controller) == "memory") CHECK(usage.memory_limit / 4096 == 50000000 / 4096);
    if (std::string(controller) == "pids") CHECK(usage.process_limit == 77);
  }
}

TEST_CASE("a paused sandbox does nothing until it is resumed, with and without a group") {
  for (const char* controller : {"none", "", "freezer", "pids"}) {
    CAPTURE(controller);
    const auto group = std::string(controller) == "none" ? nullptr : Group::make(controller);
    if (!group && std::string(controller) != "none") continue;
    Root root;
    Fd write_end;
    const Fd out = capture(root.spec, write_end);
    if (group) root.spec.cgroup_fd = group->fd();
    Process process = start_script(root, kWriter);
    read_some(out);
    process.pause();
    CHECK(is_silent(out));
    process.resume();
    CHECK(read_some(out) != "");
    process.pause();  // it ends all the same
  }
}

TEST_CASE("a limit is changed while a sandbox runs, where a group keeps it") {
  Root root;
  root.spec.lifetime = Lifetime::waiting_thread;
  Process without = start_script(root, "exec sleep 100");
  const auto refusal = [](Process& process, const GroupLimits& limits) {
    return error_of([&] { process.update(limits); });
  };
  CHECK(refusal(without, memory_of(1 << 24)).find("--memory cannot be changed: there is no") == 0);
  CHECK(refusal(without, cpus_of(5)).find("--cpus cannot be changed: there is no") == 0);
  CHECK(refusal(without, pids_of(kUnlimited)).find("--pids-limit cannot be changed") == 0);
  CHECK(refusal(without, {}) == "");
  if (const auto group = Group::make("memory")) {
    group->write("memory.limit_in_bytes", "90000000");
    Root other;
    Process process = start_in_own_group(other, *group, "exec sleep 100");
    for (const std::uint64_t bytes : {20'000'000U, 60'000'000U, 30'000'000U}) {
      CHECK(refusal(process, memory_of(bytes)) == "");
      CHECK(process.usage().memory_limit / 4096 == bytes / 4096);
    }
    CHECK(refusal(process, pids_of(5)).find("--pids-limit cannot be changed") == 0);
  }
  if (const auto group = Group::make("pids")) {
    Root other;
    Process process = start_in_own_group(other, *group, "exec sleep 100");
    CHECK(refusal(process, pids_of(55)) == "");
    CHECK(process.usage().process_limit == 55);
    CHECK(refusal(process, pids_of(kUnlimited)) == "");
    CHECK(process.usage().process_limit == 0);
  }
}

TEST_CASE("what is left in the pid namespace of another is killed by its control group") {
  for (const char* controller : {"", "pids"}) {
    CAPTURE(controller);
    const auto group = Group::make(controller);
    if (!group) continue;
    Root first;
    first.spec.init = false;
    first.spec.enterable = true;
    Process sandbox = start_script(first, "exec sleep 100");
    REQUIRE(!sandbox.await_start(never()));
    Root root;
    root.spec.pid = JoinNamespace{sandbox.namespace_fd(Namespace::pid)};
    Process process = start_in_own_group(root, *group, "setsid sleep 31380 & exit 6");
    CHECK(process.wait(never()).code == 6);
    CHECK(count_processes("31380") == 0);
  }
}

TEST_CASE("a control group that a killed supervisor has left is removed by a later start") {
  const auto probe_group = Group::make("memory");
  if (!probe_group) return;
  Root root;
  root.spec.init = false;
  root.spec.group_limits.memory = 64 << 20;
  const auto count_groups = [] {
    int count = 0;
    for (const std::string& parent : cgroup_directories("memory").paths) {
      for (const auto& entry : fs::directory_iterator(parent))
        count += entry.path().filename().string().starts_with("cbuild-step-") ? 1 : 0;
    }
    return count;
  };
  const int before = count_groups();
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      root.spec.argv = {"sleep", "31381"};
      const Process process = start(workspace(), root.spec);
      while (count_processes("31381") == 0)
        ::usleep(1000);
      ::raise(SIGKILL);
    } catch (const std::exception&) {
    }
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
  CHECK(count_becomes("31381", 0));
  CHECK(count_groups() > before);
  root.spec.argv = {"true"};
  for (int i = 0; i < 100 && count_groups() > before; ++i)
    start(workspace(), root.spec).wait(never());
  CHECK(count_groups() == before);
}

}  // namespace cbuild::sandbox
