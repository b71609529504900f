// Everything that the child uses after the clone, made by the parent before it.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/sandbox/command.h"
#include "cbuild/sandbox/limits.h"
#include "src/sandbox/chroot_undo.h"
#include "src/sandbox/mount_step.h"
#include "src/sandbox/overlay.h"

namespace cbuild::sandbox {

struct Report;
struct Spec;

/// Of the processes that the init starts, until they have their own program.
inline constexpr std::size_t kChildStackSize = 64 * 1024;

/// All that the child needs, made before the clone. Descriptors are borrowed.
struct Launch {
  const Spec* spec;
  std::vector<Step> plan;
  std::vector<int> trees;                 ///< of spec->mounts, detached; -1 where there is none
  std::vector<PreparedOverlay> overlays;  ///< of spec->mounts; `mount` null where there is none
  PreparedOverlay root;
  std::optional<ChrootLaunch> chroot;   ///< instead of namespaces, `plan`, `trees` and `root`
  std::vector<std::string> candidates;  ///< paths that argv[0] may mean, in order
  std::vector<char*> argv;              ///< the first is left free for the path
  std::vector<char*> env;
  const std::vector<sock_filter>* seccomp;  ///< null = none
  std::uint64_t capabilities;
  bool named;            ///< has a host name of its own
  std::uint64_t scopes;  ///< of confine_to_scopes(); 0 = it is not called
  bool own_cgroup_view;  ///< a cgroup namespace of its own
  bool watched;          ///< ended when it has as many processes as it may
  int launcher;
  Descriptors streams;  ///< of the process; for a Terminal, set by the init
  int channel;  ///< socket for namespaces (`enterable`), then the master of a Terminal; -1 = none
  /// Socket that the Supervisor gets its listener through. -1 = there is none.
  int supervision;
  const std::vector<sock_filter>* notified;  ///< the filter of which it is notified
  bool emulated;                             ///< ids are emulated
  int parent;                                ///< pidfd of this process: readable when it is gone
  std::vector<int> cgroups;                  ///< cgroup.procs of groups to be joined by the init
  std::vector<unsigned long> affinity;       ///< mask of sched_setaffinity(2); empty = as it is
  std::vector<ResourceLimit> limits;  ///< those of `spec`, and what holds the process to others
  std::string oom_score_adj;
  int status;  ///< pipe; see kLauncherReport
  Report* report;
  /// For enter_namespaces(): those of a running sandbox that the process enters; empty = it does
  /// not.
  std::vector<int> entered;
  /// `entered` has the pid namespace alone: the first process of another sandbox is born into it.
  bool joins_pid_namespace;

  /// Of a sandbox that runs: its other processes see it.
  bool is_guest() const noexcept { return !entered.empty() && !joins_pid_namespace; }

  std::vector<int> kept;               ///< all descriptors above and of `spec`, sorted
  std::unique_ptr<std::byte[]> stack;  ///< of the processes that the init starts
};

}  // namespace cbuild::sandbox
