// How many processes and threads a step may have, and who holds it to that: a fork bomb shall end
// its step, and neither the machine nor a build beside it suffer.
//
// Three mechanisms, for none of them is there everywhere:
//   - pid_max of the step's own pid namespace (Linux 6.14): whoever builds, whatever users the step
//     becomes. The first 300 ids are not used twice: ns_last_pid skips them, so the bound is exact
//     (where the kernel has no ns_last_pid, up to 300 more).
//   - RLIMIT_NPROC when a user namespace is made: it holds for all of the namespace together,
//     so for all steps of a build. Not for root of the machine, whom the kernel spares.
//   - pids.max of a control group, exact, where one can be made.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cbuild::sandbox {

struct ResourceLimit;

/// RESERVED_PIDS: when the ids of a pid namespace were all used once, those below are not used
/// again.
inline constexpr std::uint64_t kReservedIds = 300;

/// The facts that the choice depends on.
struct ProcessFacts {
  std::uint64_t usual;         ///< the limit when none is asked for
  bool pid_max_is_namespaced;  ///< and can be set
  bool root_of_machine;        ///< id 0 is root of the machine, not of a container only: the kernel
                               ///< spares it RLIMIT_NPROC
};

/// 0 = no such limit.
struct ProcessLimit {
  std::uint64_t count = 0;    ///< reaching it ends the step
  std::uint64_t pid_max = 0;  ///< of the pid namespace
  std::uint64_t cgroup = 0;   ///< pids.max, the init included
  bool cgroup_required = false;
  std::uint64_t rlimit = 0;  ///< RLIMIT_NPROC, where there is no control group
};

/// `asked`: limits of the Spec; `pids` as in GroupLimits. nproc and pids are kept as they are
/// written, and what reaches them is told so by fork(2): it ends no step. @throws Error(machine)
/// when one cannot be kept. Pure.
ProcessLimit plan_process_limit(const std::vector<ResourceLimit>& asked,
                                std::uint64_t pids,
                                const ProcessFacts& facts);

/// Of this machine and kernel.
ProcessFacts process_facts(bool root_of_machine);

/// A quarter of what the machine has room for, at most 4096: few enough to be ended quickly. In a
/// container pid_max tells nothing of the machine (Linux 6.14), which may have room for 32768 only.
/// `pid_max`, `threads_max`: sysctls of the machine. Pure.
std::uint64_t usual_process_limit(std::uint64_t pid_max, std::uint64_t threads_max) noexcept;
std::uint64_t usual_process_limit();

/// By the release of the kernel: writing to pid_max where it has no namespace would change the
/// machine's. Where /proc is masked it cannot be written to.
bool pid_max_is_namespaced();

}  // namespace cbuild::sandbox
