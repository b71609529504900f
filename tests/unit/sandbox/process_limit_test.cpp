// Rules of how many processes a step may have, and by which mechanism.
#include "src/sandbox/process_limit.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kUsual = 4096;
constexpr std::uint64_t kNone = RLIM_INFINITY;

struct Row {
  std::vector<ResourceLimit> asked;
  bool namespaced;
  bool root;
  ProcessLimit expected;
};

std::vector<ResourceLimit> nproc(std::uint64_t soft, std::uint64_t hard) {
  return {{RLIMIT_CORE, 0, 0}, {RLIMIT_NPROC, soft, hard}};
}

}  // namespace

TEST_CASE("without a wish a step has the usual limit by what there is, and is ended by it") {
  const Row rows[] = {
      {{}, true, false, {.count = kUsual, .pid_max = kUsual + 300}},
      {{}, true, true, {.count = kUsual, .pid_max = kUsual + 300}},
      {{}, false, true, {.count = kUsual, .cgroup = kUsual + 1}},
      {{}, false, false, {.count = kUsual}},  // the user namespace has it
  };
  for (const Row& row : rows) {
    CAPTURE(row.namespaced);
    CAPTURE(row.root);
    const auto limit = plan_process_limit(row.asked, 0, {kUsual, row.namespaced, row.root});
    CHECK(limit.count == row.expected.count);
    CHECK(limit.pid_max == row.expected.pid_max);
    CHECK(limit.cgroup == row.expected.cgroup);
    CHECK(!limit.cgroup_required);
  }
}

TEST_CASE("nproc ends no step; for root of the machine it takes a control group") {
  const Row rows[] = {
      {nproc(100, 200), true, false, {.pid_max = kUsual + 300}},
      {nproc(100, 200), true, true, {.pid_max = kUsual + 300, .cgroup = 101}},
      {nproc(100, 200), false, true, {.cgroup = 101}},
      {nproc(100, 200), false, false, {}},
      {nproc(9000, 10000), true, false, {.pid_max = 10300}},
      {nproc(9000, 10000), true, true, {.pid_max = 10300, .cgroup = 9001}},
      {nproc(kNone, kNone), true, false, {}},
      {nproc(kNone, kNone), true, true, {}},
      {nproc(kNone, kNone), false, true, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked[1].soft);
    CAPTURE(row.namespaced);
    CAPTURE(row.root);
    const auto limit = plan_process_limit(row.asked, 0, {kUsual, row.namespaced, row.root});
    CHECK(limit.count == 0);
    CHECK(limit.pid_max == row.expected.pid_max);
    CHECK(limit.cgroup == row.expected.cgroup);
    CHECK(limit.cgroup_required == (row.expected.cgroup != 0));
  }
  // The namespace was made with the usual limit.
  CHECK_THROWS_AS(plan_process_limit(nproc(9000, 9000), 0, {kUsual, false, false}), Error);
}

TEST_CASE("a limit of pids is exact, and ends no step") {
  struct PidsRow {
    std::uint64_t pids;
    std::vector<ResourceLimit> limits;
    bool namespaced;
    bool root;
    ProcessLimit expected;
  };

  const PidsRow rows[] = {
      {20, {}, true, false, {.pid_max = 320}},
      {20, {}, true, true, {.pid_max = 320}},
      {20000, {}, true, true, {.pid_max = 20300}},  // more than the usual
      {20, {}, false, true, {.cgroup = 21, .cgroup_required = true}},
      {20, {}, false, false, {.cgroup = 21, .rlimit = 20}},
      {20, nproc(10, 10), false, false, {.cgroup = 21}},  // the process has it already
      {20, nproc(30, 30), false, false, {.cgroup = 21, .rlimit = 20}},
      {kUnlimited, {}, true, false, {}},
      {kUnlimited, {}, true, true, {}},
      {kUnlimited, {}, false, true, {}},
      // The lower of the two.
      {20, nproc(10, 10), false, true, {.cgroup = 11, .cgroup_required = true}},
      {20, nproc(30, 30), false, true, {.cgroup = 21, .cgroup_required = true}},
      {20, nproc(30, 30), true, true, {.pid_max = 320, .cgroup = 31, .cgroup_required = true}},
  };
  for (const PidsRow& row : rows) {
    CAPTURE(row.pids);
    CAPTURE(row.namespaced);
    CAPTURE(row.root);
    const auto limit = plan_process_limit(row.limits, row.pids, {kUsual, row.namespaced, row.root});
    CHECK(limit.count == 0);
    CHECK(limit.pid_max == row.expected.pid_max);
    CHECK(limit.cgroup == row.expected.cgroup);
    CHECK(limit.cgroup_required == row.expected.cgroup_required);
    CHECK(limit.rlimit == row.expected.rlimit);
  }
  for (const std::uint64_t more : {kUsual + 1, kUnlimited})
    CHECK_THROWS_AS(plan_process_limit({}, more, {kUsual, false, false}), Error);
}

TEST_CASE("the usual limit is a share of the machine, and no more than can be ended quickly") {
  CHECK(usual_process_limit(32768, 192730) == 4096);
  CHECK(usual_process_limit(4194304, 12000) == 3000);
  CHECK(usual_process_limit(8192, 192730) == 2048);
  CHECK(usual_process_limit(4194304, 1000000) == 4096);
}

}  // namespace cbuild::sandbox
