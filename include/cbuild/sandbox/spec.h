// Describes a process for start(): root file system, program, user, limits, streams.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/streams.h"
#include "cbuild/util/mount.h"

namespace cbuild {
struct LinkOwners;
}

namespace cbuild::sandbox {

/// The event that kills a process which does not end by itself.
enum class Lifetime {
  thread,  ///< it is killed when the thread that called start() exits (PR_SET_PDEATHSIG), and by
           ///< ~Process
  waiting_thread,  ///< likewise, for a thread that stays until the process has ended: start() need
                   ///< not wait until PR_SET_PDEATHSIG is set, which costs a context switch
  own              ///< none: it survives its Process and the caller
};

struct Spec {
  /// Becomes "/"; `upper` receives the changes. With Isolation::chroot it must be a plain directory
  /// that nobody else uses meanwhile, without device nodes: no mount forbids to open them.
  /// "UPPER.aside" is made beside it.
  OverlayMount root;
  std::vector<Mount> mounts;      ///< in order, after /proc, /dev, /sys
  std::vector<std::string> argv;  ///< argv[0] is looked up in the PATH of `env`, inside
  std::vector<std::string> env;   ///< K=V; nothing else is passed on
  std::string cwd = "/";          ///< resolved inside; made, for root, when it is missing
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  ///< supplementary
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
  Streams streams = Descriptors{};
  Lifetime lifetime = Lifetime::thread;
};

}  // namespace cbuild::sandbox
