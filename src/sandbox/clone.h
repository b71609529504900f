// Starts processes in the namespaces of a sandbox (clone3(2), setns(2)).
#pragma once

#include <vector>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

struct Launch;

/// The control groups that all processes of a sandbox are to be in. -1 = none.
struct TargetCgroup {
  int directory = -1;        ///< entered by clone3(2), where it is one of cgroup v2
  int procs = -1;            ///< cgroup.procs in it, for where clone3(2) cannot do it
  std::vector<int> further;  ///< cgroup.procs of groups in other hierarchies
  int memory = -1;           ///< the directory of the group that counts their memory
  std::vector<int> all;      ///< the directories of all
};

/// Clones the init in namespaces of its own (none with `launch.chroot`), where it runs
/// run_init(launch). It sends no signal
/// when it ends: a SIGCHLD handler or a waitpid(-1) elsewhere in the program does not see it.
/// @return its pidfd.  @throws SysError
Fd clone_init(Launch& launch, const TargetCgroup& cgroup);

/// Starts a process in the namespaces `launch.entered`, where it runs run_entered(launch), or
/// run_init(launch) in further ones of its own, with `launch.joins_pid_namespace`: it is a
/// child of the caller, and as silent at its end. A helper enters them, closes all descriptors that
/// the process does not need, and clones it with CLONE_PARENT; nobody in the sandbox sees the
/// helper, and none of its steps waits for anybody.
/// @return its pidfd.  @throws SysError, Error as setup_failure()
Fd clone_into(Launch& launch, const TargetCgroup& cgroup);

}  // namespace cbuild::sandbox
