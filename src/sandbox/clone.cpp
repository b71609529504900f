// Calls clone3(2); see clone.h.
#include "src/sandbox/clone.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/init.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/signals_blocked.h"

namespace cbuild::sandbox {

namespace {

std::uint64_t namespaces_of(const Launch& launch) noexcept {
  std::uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (launch.chroot) flags = 0;
  if (std::holds_alternative<NoNetwork>(launch.spec->network)) flags |= CLONE_NEWNET;
  return flags;
}

/// clone3(2); where the seccomp profile of a container hides it, clone(2), which takes the same but
/// for a control group.
long clone_with(clone_args& args) noexcept {
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid >= 0 || errno != ENOSYS || (args.flags & CLONE_INTO_CGROUP) != 0) return pid;
  return ::syscall(SYS_clone, args.flags, nullptr, args.pidfd, nullptr, nullptr);
}

}  // namespace

Fd clone_init(Launch& launch, const TargetCgroup& cgroup) {
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
