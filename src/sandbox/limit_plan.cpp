// How limits are kept; see limit_plan.h.
#include "src/sandbox/limit_plan.h"

#include <climits>

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/sandbox/cgroup_limits.h"
#include "src/sandbox/process_limit.h"

namespace cbuild::sandbox {

namespace {

/// What a control group is to keep, if one can be had.
GroupLimits grouped(const GroupLimits& asked, const ProcessLimit& processes) {
  GroupLimits limits = asked;
  limits.pids = processes.cgroup;
  return limits;
}

[[noreturn]] void refuse(std::string_view flag, const MissingController& missing, bool is_root) {
  throw Error(ErrorKind::machine, "{} cannot be enforced: {}", flag, missing.reason)
      .with_hint(remedy_for(missing, is_root));
}

[[noreturn]] void refuse_nproc(std::uint64_t limit, const MissingController& missing) {
  throw Error(ErrorKind::machine, "--ulimit nproc={} cannot be enforced for root: {}", limit,
              missing.reason)
      .with_hint(
          "Linux does not apply this limit to root: build as an ordinary user, or where "
          "/sys/fs/cgroup is writable and has the pids controller");
}

void do_without_pids(const GroupLimits& asked,
                     const ProcessLimit& processes,
                     const MissingController& missing,
                     bool is_root,
                     LimitPlan& plan) {
  plan.grouped.pids = 0;
  plan.rlimit_nproc = processes.rlimit;
  if (processes.cgroup_required) {
    if (asked.pids != 0 && asked.pids != kUnlimited) refuse("--pids-limit", missing, is_root);
    refuse_nproc(processes.cgroup - 1, missing);
  }
  if (plan.rlimit_nproc == 0) {
    log_info("the number of processes of a step is not limited: {}", missing.reason);
  }
}

}  // namespace

std::vector<std::string_view> needed_controllers(const GroupLimits& asked,
                                                 const ProcessLimit& processes) {
  std::vector<std::string_view> needed;
  const GroupLimits limits = grouped(asked, processes);
  for (const std::string_view controller : kLimitControllers) {
    if (!cgroup_files(controller, CgroupVersion::v2, limits).empty()) needed.push_back(controller);
  }
  return needed;
}

LimitPlan plan_limits(const GroupLimits& asked,
                      const ProcessLimit& processes,
                      const CgroupParents& found,
                      bool is_root) {
  LimitPlan plan{.parents = found.usable, .grouped = grouped(asked, processes), .affinity = {}};
  for (const MissingController& missing : found.missing) {
    if (missing.controller == "pids") {
      do_without_pids(asked, processes, missing, is_root, plan);
    } else if (missing.controller == "cpuset" && asked.memory_nodes.empty()) {
      plan.affinity = std::move(plan.grouped.cpus);
      plan.grouped.cpus.clear();
    } else {
      const auto files = cgroup_files(missing.controller, CgroupVersion::v2, plan.grouped);
      refuse(files.back().flag == "--cpuset-mems" ? files.back().flag : files.front().flag, missing,
             is_root);
    }
  }
  return plan;
}

LimitPlan plan_limits(const GroupLimits& asked, const ProcessLimit& processes, bool is_root) {
  const auto needed = needed_controllers(asked, processes);
  return plan_limits(asked, processes,
                     needed.empty() ? CgroupParents() : find_cgroup_parents(needed), is_root);
}

std::string remedy_for(const MissingController& missing, bool is_root) {
  if (missing.obstacle == CgroupObstacle::unmounted) {
    return "mount control groups on /sys/fs/cgroup; in a container: those of the container, "
           "writable";
  }
  if (is_root && missing.obstacle == CgroupObstacle::not_writable) {
    return "in a container /sys/fs/cgroup must be writable: docker run --privileged, or podman run "
           "--security-opt unmask=/sys/fs/cgroup";
  }
  if (missing.version == CgroupVersion::v1) {
    return fmt::format(
        "in cgroup v1 root can give you a group: create a directory in the {} hierarchy, chown it "
        "to you, and move the shell that starts cbuild into it (cgroup.procs)",
        missing.controller);
  }
  if (missing.obstacle == CgroupObstacle::not_delegated) {
    return is_root ? fmt::format("add +{} to cgroup.subtree_control of the groups above",
                                 missing.controller)
                   : "systemd delegates controllers to users by 'Delegate=cpu cpuset io memory "
                     "pids' in [Service] of user@.service (systemctl edit user@.service)";
  }
  return fmt::format(
      "start cbuild in a control group of its own: systemd-run {}--scope -p "
      "Delegate=yes cbuild ...",
      is_root ? "" : "--user ");
}

std::vector<unsigned long> affinity_mask(const std::vector<unsigned>& cpus) {
  constexpr unsigned kBits = sizeof(unsigned long) * CHAR_BIT;
  std::vector<unsigned long> mask;
  for (const unsigned cpu : cpus) {
    if (mask.size() <= cpu / kBits) mask.resize(cpu / kBits + 1);
    mask[cpu / kBits] |= 1UL << cpu % kBits;
  }
  return mask;
}

}  // namespace cbuild::sandbox
