// What happens between the clone and the execve: the init of a sandbox and the process it starts.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mount_plan.h"
#include "report.h"
#include "seccomp.h"

#include "cbuild/sandbox/sandbox.h"

namespace cbuild::sandbox {

/// An overlay ready to be mounted: no string has to be made after the clone.
struct PreparedOverlay {
  const OverlayMount* mount;
  std::string options;
  std::string durable_options;  ///< for kernels that do not know `volatile`
  std::string volatile_mark;    ///< work/work/incompat/volatile, left by a former mount
};

PreparedOverlay prepare_overlay(const OverlayMount& mount);

/// Mounts it on `target`, relative names in it being relative to the current directory. False:
/// errno says why. Neither throws nor allocates.
bool mount_overlay(const PreparedOverlay& overlay, const char* target) noexcept;

/// All that the child needs, made before the clone. Descriptors are borrowed.
struct Launch {
  const Spec* spec;
  std::vector<Step> plan;
  std::vector<int> trees;                 ///< of spec->mounts, detached; -1 where there is none
  std::vector<PreparedOverlay> overlays;  ///< of spec->mounts; `mount` null where there is none
  PreparedOverlay root;
  std::vector<std::string> candidates;  ///< paths that argv[0] may mean, in order
  std::vector<char*> argv;              ///< the first is left free for the path
  std::vector<char*> env;
  const SeccompProgram* seccomp;
  std::uint64_t capabilities;
  bool scoped;           ///< confine_to_scopes()
  bool own_cgroup_view;  ///< a cgroup namespace of its own
  bool watched;          ///< ended when it has as many processes as it may
  int launcher;
  int out;
  int err;
  int parent;     ///< pidfd of this process: readable when it is gone
  int cgroup;     ///< PidsCgroup::join_fd(); -1 = none
  int report_fd;  ///< the memory behind `report`
  Report* report;
  std::vector<int> kept;               ///< all descriptors above, sorted
  std::unique_ptr<std::byte[]> stack;  ///< for the processes that the init starts
};

inline constexpr std::size_t kProcessStackSize = 64 * 1024;

/// Uninitialised; its pages come to be when they are used.
std::unique_ptr<std::byte[]> make_process_stack();

/// The child's main function: sets the sandbox up, starts the process, reaps until it ends, leaves.
/// Neither throws nor allocates.
[[noreturn]] void run_init(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
