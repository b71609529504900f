// Starts the init of a sandbox in new namespaces (clone3(2)).
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
};

/// Clones the init in namespaces of its own (none with `launch.chroot`), where it runs
/// run_init(launch). It sends no signal
/// when it ends: a SIGCHLD handler or a waitpid(-1) elsewhere in the program does not see it.
/// @return its pidfd.  @throws SysError
Fd clone_init(Launch& launch, const TargetCgroup& cgroup);

}  // namespace cbuild::sandbox
