// Rules of how limits are kept: by a control group, without one, or not at all.
#include "src/sandbox/limit_plan.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"
#include "src/sandbox/process_limit.h"

namespace cbuild::sandbox {

namespace {

using Names = std::vector<std::string_view>;

GroupLimits everything() {
  GroupLimits limits;
  limits.memory = 64 << 20;
  limits.cpu_shares = 512;
  limits.cpus = {1};
  limits.pids = 20;
  return limits;
}

CgroupParents usable(Names controllers) {
  return {.usable = {{CgroupVersion::v2, "/group", std::move(controllers)}}, .missing = {}};
}

MissingController missing(std::string_view controller,
                          CgroupObstacle obstacle = CgroupObstacle::not_writable,
                          CgroupVersion version = CgroupVersion::v2) {
  return {controller, version, obstacle, "the reason"};
}

/// "message / hint" of the refusal; empty when the plan is made.
std::string refusal(const GroupLimits& asked,
                    const ProcessLimit& processes,
                    const MissingController& without) {
  try {
    plan_limits(asked, processes, {.usable = {}, .missing = {without}}, false);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::machine);
    return std::string(error.what()) + " / " + error.hint();
  }
  return {};
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("only limits that need a control group ask for controllers") {
  CHECK(needed_controllers({}, {}).empty());
  CHECK(needed_controllers(everything(), {}) == Names{"memory", "cpu", "cpuset"});
  CHECK(needed_controllers(everything(), {.cgroup = 21}) ==
        Names{"memory", "cpu", "pids", "cpuset"});
  CHECK(needed_controllers({}, {.cgroup = 21}) == Names{"pids"});
}

TEST_CASE("what the control group can keep, it keeps") {
  const LimitPlan plan =
      plan_limits(everything(), {.cgroup = 21}, usable({"memory", "cpu", "pids", "cpuset"}), false);
  GroupLimits expected = everything();
  expected.pids = 21;  // with the init
  CHECK(plan.grouped == expected);
  CHECK(plan.parents.size() == 1);
  CHECK(plan.affinity.empty());
  CHECK(plan.rlimit_nproc == 0);
}

TEST_CASE("CPUs and processes are kept without a controller") {
  CgroupParents found = usable({"memory", "cpu"});
  found.missing = {missing("pids"), missing("cpuset")};
  const LimitPlan plan = plan_limits(everything(), {.cgroup = 21, .rlimit = 20}, found, false);
  CHECK(plan.affinity == std::vector<unsigned>{1});
  CHECK(plan.grouped.cpus.empty());
  CHECK(plan.grouped.pids == 0);
  CHECK(plan.rlimit_nproc == 20);
  CHECK(plan.grouped.memory == everything().memory);
  // The usual limit of root is a wish.
  CHECK(plan_limits({}, {.cgroup = 4097}, {.usable = {}, .missing = {missing("pids")}}, true)
            .grouped.pids == 0);
}

TEST_CASE("what cannot be kept is refused by the flag, with the reason and the way out") {
  GroupLimits memory;
  memory.memory = 64 << 20;
  GroupLimits cpus;
  cpus.nano_cpus = 1;
  GroupLimits quota;
  quota.cpu_quota = 1000;
  GroupLimits shares;
  shares.cpu_shares = 2;
  GroupLimits nodes;
  nodes.memory_nodes = {0};
  nodes.cpus = {0};
  GroupLimits pids;
  pids.pids = 20;
  const ProcessLimit required{.cgroup = 21, .cgroup_required = true};

  struct Row {
    GroupLimits asked;
    ProcessLimit processes;
    std::string_view controller;
    std::string text;
  };

  const Row rows[] = {
      {memory, {}, "memory", "--memory cannot be enforced: the reason / "},
      {cpus, {}, "cpu", "--cpus cannot be enforced: the reason / "},
      {quota, {}, "cpu", "--cpu-quota cannot be enforced"},
      {shares, {}, "cpu", "--cpu-shares cannot be enforced"},
      {nodes, {}, "cpuset", "--cpuset-mems cannot be enforced"},
      {pids, required, "pids", "--pids-limit cannot be enforced: the reason / "},
      {{}, required, "pids", "--ulimit nproc=20 cannot be enforced for root: the reason / Linux"},
  };
  for (const Row& row : rows) {
    const std::string text = refusal(row.asked, row.processes, missing(row.controller));
    CHECK_MESSAGE(text.starts_with(row.text), text);
  }
}

TEST_CASE("the way out depends on who builds and what is in the way") {
  using enum CgroupObstacle;
  const auto remedy = [](CgroupObstacle obstacle, CgroupVersion version, bool is_root) {
    return remedy_for(missing("memory", obstacle, version), is_root);
  };
  const auto v1 = CgroupVersion::v1;
  const auto v2 = CgroupVersion::v2;
  for (const CgroupObstacle obstacle : {not_writable, occupied})
    CHECK(holds(remedy(obstacle, v2, false), "systemd-run --user --scope -p Delegate=yes cbuild"));
  CHECK(holds(remedy(occupied, v2, true), "systemd-run --scope -p Delegate=yes cbuild"));
  CHECK(holds(remedy(not_delegated, v2, false), "Delegate=cpu cpuset io memory pids"));
  CHECK(holds(remedy(not_delegated, v2, true), "add +memory to cgroup.subtree_control"));
  CHECK(holds(remedy(not_writable, v1, false), "a directory in the memory hierarchy, chown it"));
  for (const CgroupVersion version : {v1, v2})
    CHECK(holds(remedy(not_writable, version, true), "/sys/fs/cgroup must be writable"));
  CHECK(holds(remedy(unmounted, v2, false), "mount control groups"));
}

TEST_CASE("the mask of CPUs has a bit for each") {
  CHECK(affinity_mask({}).empty());
  CHECK(affinity_mask({0, 2}) == std::vector<unsigned long>{5});
  CHECK(affinity_mask({1, 64}) == std::vector<unsigned long>{2, 1});
}

}  // namespace cbuild::sandbox
