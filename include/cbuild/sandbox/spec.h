// Describes a sandbox for start(): root file system, first process, limits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cbuild/sandbox/command.h"
#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/util/mount.h"

namespace cbuild {
struct LinkOwners;
}

namespace cbuild::sandbox {

struct Spec : Command {
  /// Becomes "/"; `upper` receives the changes. With Isolation::chroot it must be a plain directory
  /// that nobody else uses meanwhile, without device nodes: no mount forbids to open them.
  /// "UPPER.aside" is made beside it.
  OverlayMount root;
  std::vector<Mount> mounts;  ///< in order, after /proc, /dev, /sys
  /// A small init is the first process of the pid namespace; it reaps orphans, passes signals on,
  /// and ends a sandbox that reaches the default limit of processes. Without it the program is the
  /// first process itself: the kernel ignores signals that it does not handle, but for SIGKILL and
  /// SIGSTOP, and fork(2) fails at the limit. Not without it: Isolation::chroot.
  bool init = true;
  /// start_in() will be called for it: descriptors of its namespaces are kept. Abstract sockets and
  /// signals of others are then held off by namespaces alone, where it has its own, and by Landlock
  /// where not: processes of one sandbox reach each other.
  bool enterable = false;
  std::string hostname = "cbuild";
  std::string hosts;        ///< content of /etc/hosts inside
  std::string resolv_conf;  ///< content of /etc/resolv.conf inside
  Network network = HostNetwork{};
  bool is_386 = false;  ///< runs programs of 32-bit x86, which may need socketcall(2)
  std::uint64_t shm_size = 64 << 20;
  std::vector<ResourceLimit> limits;  ///< of each process, kept exactly; see permit_limits()
  GroupLimits group_limits;           ///< of all together; see check_group_limits()
  /// The directory of a control group (O_PATH is enough), borrowed until the Process ends; -1 = one
  /// that is made for `group_limits`, or the caller's. All processes of the sandbox are in it. With
  /// one given, its limits are the caller's business: of `group_limits` only those are kept that
  /// need no control group.
  int cgroup_fd = -1;
  /// Where owners are recorded: on start those of the links, fifos and sockets of `root`; when the
  /// Process has ended, those of what lies in `root.upper`. Borrowed until then; may be null.
  LinkOwners* link_owners = nullptr;
};

}  // namespace cbuild::sandbox
