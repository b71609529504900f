// Decides how each limit of a step is kept: by a control group, or by what can be had without one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "src/sandbox/cgroup_parents.h"

namespace cbuild::sandbox {

struct ProcessLimit;

struct LimitPlan {
  std::vector<CgroupParent> parents;  ///< where the control group is made; empty = none is needed
  GroupLimits grouped;                ///< what it keeps
  std::vector<unsigned> affinity;     ///< CPUs, kept by sched_setaffinity(2); empty = not asked
  std::uint64_t rlimit_nproc = 0;     ///< 0 = none
};

/// The controllers that the limits need, of kLimitControllers. Pure.
std::vector<std::string_view> needed_controllers(const GroupLimits& asked,
                                                 const ProcessLimit& processes);

/// @param found  for needed_controllers()
/// @throws Error(machine) that names the flag of a limit that cannot be kept. Pure.
LimitPlan plan_limits(const GroupLimits& asked,
                      const ProcessLimit& processes,
                      const CgroupParents& found,
                      bool is_root);

/// With what find_cgroup_parents() finds.
LimitPlan plan_limits(const GroupLimits& asked, const ProcessLimit& processes, bool is_root);

/// What to do so that the controller can be used. Pure.
std::string remedy_for(const MissingController& missing, bool is_root);

/// The mask for sched_setaffinity(2). Pure.
std::vector<unsigned long> affinity_mask(const std::vector<unsigned>& cpus);

}  // namespace cbuild::sandbox
