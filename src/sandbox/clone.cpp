// Calls clone3(2); see clone.h.
#include "src/sandbox/clone.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/descriptors.h"
#include "src/sandbox/init.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/namespaces.h"
#include "src/sandbox/oom_score.h"
#include "src/sandbox/report.h"
#include "src/sandbox/setup_failure.h"
#include "src/sandbox/signals_blocked.h"

namespace cbuild::sandbox {

namespace {

std::uint64_t namespaces_of(const Launch& launch) noexcept {
  const Spec& spec = *launch.spec;
  std::uint64_t flags = launch.chroot ? 0 : CLONE_NEWNS;
  const auto add_own = [&](const NamespaceChoice& choice, std::uint64_t flag) {
    if (!launch.chroot && std::holds_alternative<OwnNamespace>(choice)) flags |= flag;
  };
  add_own(spec.pid, CLONE_NEWPID);
  add_own(spec.ipc, CLONE_NEWIPC);
  add_own(spec.uts, CLONE_NEWUTS);
  if (std::holds_alternative<NoNetwork>(spec.network)) flags |= CLONE_NEWNET;
  return flags;
}

/// clone3(2); where the seccomp profile of a container hides it, clone(2), which takes the same but
/// for a control group.
long clone_with(clone_args& args) noexcept {
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid >= 0 || errno != ENOSYS || (args.flags & CLONE_INTO_CGROUP) != 0) return pid;
  return ::syscall(SYS_clone, args.flags, nullptr, args.pidfd, nullptr, nullptr);
}

/// Not fork(3): another thread of the parent may have held the locks that it takes.
long fork_with(unsigned long flags, pid_t* pid) noexcept {
  return ::syscall(SYS_clone, flags, nullptr, pid, nullptr, nullptr);
}

/// The kernel notes the id in the report before the process runs.
[[noreturn]] void help_into(Launch& launch) noexcept {
  Report& report = *launch.report;
  close_others(launch.kept);
  offer_to_oom_killer(launch.oom_score_adj);
  // The process inherits it: at no moment can it be traced from within the sandbox.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(report, "protect the helper", nullptr);
  if (!enter_namespaces(launch.entered)) fail(report, "enter its namespaces", nullptr);
  const bool is_first = launch.joins_pid_namespace;
  const auto flags = is_first ? static_cast<unsigned long>(namespaces_of(launch)) : 0;
  const long pid = fork_with(flags | CLONE_PARENT | CLONE_PARENT_SETTID, &report.entered);
  if (pid == 0) is_first ? run_init(launch) : run_entered(launch);
  if (pid < 0) fail(report, "start a process", nullptr);
  ::_exit(0);
}

}  // namespace

Fd clone_into(Launch& launch, const TargetCgroup& cgroup) {
  launch.cgroups = cgroup.further;
  if (cgroup.procs >= 0) launch.cgroups.push_back(cgroup.procs);
  const SignalsBlocked blocked;
  const long helper = fork_with(0, nullptr);
  if (helper == 0) help_into(launch);
  if (helper < 0) throw SysError("start a helper process");
  while (::waitpid(static_cast<pid_t>(helper), nullptr, __WALL) < 0 && errno == EINTR) {
  }
  const pid_t pid = launch.report->entered;
  if (pid == 0 && launch.report->error != 0) throw setup_failure(*launch.spec, *launch.report);
  if (pid == 0) throw Error("the helper process that enters a sandbox was killed");
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd) return pidfd;
  const SysError error("pidfd_open");
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  throw error;
}

Fd clone_init(Launch& launch, const TargetCgroup& cgroup) {
  if (launch.joins_pid_namespace) return clone_into(launch, cgroup);
  int pidfd = -1;
  clone_args args{};
  args.flags = namespaces_of(launch) | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  launch.cgroups = cgroup.further;
  bool is_entered = false;
  const SignalsBlocked blocked;
  long pid = -1;
  if (cgroup.directory >= 0) {
    clone_args with_group = args;
    with_group.flags |= CLONE_INTO_CGROUP;
    with_group.cgroup = static_cast<std::uint64_t>(cgroup.directory);
    pid = clone_with(with_group);
    // Hidden; or a group of cgroup v1, which the child has to enter by itself.
    is_entered = pid >= 0 || (errno != ENOSYS && errno != EBADF);
    if (!is_entered) launch.cgroups.push_back(cgroup.procs);
  }
  if (!is_entered) pid = clone_with(args);
  if (pid == 0) run_init(launch);
  if (pid < 0) {
    const bool limit_reached = errno == ENOSPC;
    SysError error("make namespaces for a process");
    if (limit_reached) error.with_hint("a limit in /proc/sys/user/max_*_namespaces is reached");
    throw error;
  }
  return Fd(pidfd);
}

}  // namespace cbuild::sandbox
