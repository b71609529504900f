// Describes a sandbox for start(): root file system, first process, limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
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

/// A namespace that a sandbox has made for itself.
struct OwnNamespace {};

/// The namespace of the caller.
struct CallersNamespace {};

/// Another existing namespace.
struct JoinNamespace {
  int fd;  ///< Process::namespace_fd(), or of /proc/PID/ns/KIND; borrowed until start() returns. It
           ///< must have been made in the user namespace of the caller.
};

using NamespaceChoice = std::variant<OwnNamespace, CallersNamespace, JoinNamespace>;

/// A parameter of the kernel that belongs to a namespace of the sandbox.
struct Sysctl {
  std::string name;  ///< "net.ipv4.ip_forward"; one of the network, or of System V's and POSIX' ipc
  std::string value;
};

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
  std::string hostname = "cbuild";  ///< ignored without a uts namespace of its own
  std::string domainname;           ///< of NIS; "" = none
  /// Content of /etc/hosts and /etc/resolv.conf inside, which are read-only; nullopt = nothing is
  /// mounted there.
  std::optional<std::string> hosts = "";
  std::optional<std::string> resolv_conf = "";
  Network network = HostNetwork{};
  /// Without a pid namespace of its own there can be no init, and the kernel does not kill what the
  /// program leaves running: it is killed where the sandbox has a control group that is its own
  /// (`cgroup_fd` or limits), and else survives until that namespace ends.
  NamespaceChoice pid;
  NamespaceChoice ipc;  ///< /dev/shm is the sandbox's own in any case
  NamespaceChoice uts;
  std::vector<Sysctl> sysctls;
  /// One bit a capability, for root inside and for all that may become root; others have none of
  /// them in effect. nullopt = those of a RUN step.
  std::optional<std::uint64_t> capabilities;
  bool no_new_privileges = false;
  bool seccomp = true;          ///< the filter of system calls
  bool read_only_root = false;  ///< mounts are as they are
  bool masks_system_paths =
      true;             ///< hides and protects what docker does in /proc and /sys/firmware
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
