// Checks limits of sandboxes against this machine; see limit_support.h.
#include "cbuild/sandbox/limit_support.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/cgroup_parents.h"
#include "src/sandbox/limit_plan.h"
#include "src/sandbox/process_limit.h"
#include "src/sandbox/step_cgroup.h"
#include "src/sandbox/user_namespace.h"

namespace cbuild::sandbox {

namespace {

/// `online`: a file of the kernel with the numbers that there are.
void check_numbers(std::string_view flag,
                   std::string_view what,
                   const std::vector<unsigned>& asked,
                   const char* online) {
  if (asked.empty()) return;
  const auto there = parse_cpu_list(trim(read_file_if_exists(online).value_or("0")));
  if (!there || std::ranges::includes(*there, asked)) return;
  throw Error(ErrorKind::usage, "{}: requested {} are not available: requested {}, available {}",
              flag, what, cpu_list(asked), cpu_list(*there));
}

struct Flag {
  const char* name;
  std::string_view controller;
};

constexpr auto kGroupFlags = std::to_array<Flag>({{"--memory", "memory"},
                                                  {"--memory-swap", "memory"},
                                                  {"--cpus", "cpu"},
                                                  {"--cpu-quota", "cpu"},
                                                  {"--cpu-period", "cpu"},
                                                  {"--cpu-shares", "cpu"},
                                                  {"--cpuset-cpus", "cpuset"},
                                                  {"--cpuset-mems", "cpuset"},
                                                  {"--pids-limit", "pids"}});

/// What keeps the limit where there is no control group; empty = nothing.
std::string substitute(std::string_view flag) {
  if (flag == "--cpuset-cpus") return "sched_setaffinity(2)";
  return flag == "--pids-limit" && !is_root_of_machine() ? "RLIMIT_NPROC, for all steps together"
                                                         : "";
}

LimitSupport support_of(const Flag& flag) {
  LimitSupport support{.flag = flag.name, .how = {}, .missing = {}};
  if (support.flag == "--pids-limit" && pid_max_is_namespaced()) {
    support.how = "pid_max of the pid namespace";
    return support;
  }
  const CgroupParents found = find_cgroup_parents(std::span(&flag.controller, 1));
  if (!found.usable.empty()) {
    const CgroupParent& parent = found.usable.front();
    support.how = fmt::format("control group in {} (cgroup {})", parent.path,
                              parent.version == CgroupVersion::v1 ? "v1" : "v2");
    return support;
  }
  support.how = substitute(flag.name);
  if (support.how.empty()) {
    const MissingController& missing = found.missing.front();
    support.missing = fmt::format("{}; {}", missing.reason, remedy_for(missing, ::geteuid() == 0));
  }
  return support;
}

}  // namespace

std::vector<LimitSupport> limit_support() {
  std::vector<LimitSupport> all;
  for (const Flag& flag : kGroupFlags)
    all.push_back(support_of(flag));
  all.push_back({"--ulimit", "setrlimit(2)", ""});
  all.push_back({"--shm-size", "size of the tmpfs on /dev/shm", ""});
  return all;
}

void check_group_limits(const GroupLimits& limits) {
  check_numbers("--cpuset-cpus", "CPUs", limits.cpus, "/sys/devices/system/cpu/online");
  check_numbers("--cpuset-mems", "memory nodes", limits.memory_nodes,
                "/sys/devices/system/node/online");
  if (limits == GroupLimits{}) return;
  const ProcessFacts facts = process_facts(is_root_of_machine());
  ProcessLimit processes = plan_process_limit({}, limits.pids, facts);
  if (limits.pids == 0) processes = {};  // the usual limit is a wish, which cannot fail
  const LimitPlan plan = plan_limits(limits, processes, ::geteuid() == 0);
  // By trying: the kernel may lack a file, or refuse a value.
  if (!plan.parents.empty()) StepCgroup(plan.parents, plan.grouped);
}

}  // namespace cbuild::sandbox
