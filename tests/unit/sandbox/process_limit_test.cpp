// Rules of how many processes a step may have, and by which mechanism.
#include "src/sandbox/process_limit.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "cbuild/sandbox/resource_limit.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kUsual = 8192;
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
    const auto limit = plan_process_limit(row.asked, {kUsual, row.namespaced, row.root});
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
    const auto limit = plan_process_limit(row.asked, {kUsual, row.namespaced, row.root});
    CHECK(limit.count == 0);
    CHECK(limit.pid_max == row.expected.pid_max);
    CHECK(limit.cgroup == row.expected.cgroup);
    CHECK(limit.cgroup_required == (row.expected.cgroup != 0));
  }
  // The namespace was made with the usual limit.
  CHECK_THROWS_AS(plan_process_limit(nproc(9000, 9000), {kUsual, false, false}), Error);
}

TEST_CASE("the usual limit is a share of the machine, and no more than can be ended quickly") {
  CHECK(usual_process_limit(32768, 192730) == 8192);
  CHECK(usual_process_limit(4194304, 20000) == 5000);
  CHECK(usual_process_limit(4194304, 1000000) == 8192);
}

}  // namespace cbuild::sandbox
