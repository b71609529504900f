// Rules of the files that keep limits in control groups of both versions.
#include "src/sandbox/cgroup_limits.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "cbuild/sandbox/limits.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

/// "FLAG FILE=TEXT", with "?" where the file is optional; one a line.
std::string files(std::string_view controller, CgroupVersion version, const GroupLimits& limits) {
  std::string text;
  for (const CgroupFile& file : cgroup_files(controller, version, limits)) {
    text += fmt::format("{} {}={}{}\n", file.flag, file.name, file.text, file.optional ? "?" : "");
  }
  return text;
}

struct Row {
  GroupLimits limits;
  std::string v1;
  std::string v2;
};

template <typename Set>
GroupLimits limits(Set&& set) {
  GroupLimits result;
  set(result);
  return result;
}

void check(std::string_view controller, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CHECK(files(controller, CgroupVersion::v1, row.limits) == row.v1);
    CHECK(files(controller, CgroupVersion::v2, row.limits) == row.v2);
  }
}

}  // namespace

TEST_CASE("what is not asked for needs no controller") {
  for (const std::string_view controller : kLimitControllers)
    check(controller, {{{}, "", ""}});
}

TEST_CASE("swap is limited with memory: as much again, or as it is asked; in v2 without memory") {
  check("memory",
        {{limits([](auto& l) { l.memory = 64 * kMiB; }),
          "--memory memory.limit_in_bytes=67108864\n"
          "--memory-swap memory.memsw.limit_in_bytes=134217728?\n",
          "--memory memory.max=67108864\n--memory-swap memory.swap.max=67108864?\n"},
         {limits([](auto& l) { l.memory = l.memory_swap = 64 * kMiB; }),
          "--memory memory.limit_in_bytes=67108864\n"
          "--memory-swap memory.memsw.limit_in_bytes=67108864\n",
          "--memory memory.max=67108864\n--memory-swap memory.swap.max=0\n"},
         {limits([](auto& l) {
            l.memory = 64 * kMiB;
            l.memory_swap = kUnlimited;
          }),
          "--memory memory.limit_in_bytes=67108864\n--memory-swap memory.memsw.limit_in_bytes=-1\n",
          "--memory memory.max=67108864\n--memory-swap memory.swap.max=max\n"}});
}

TEST_CASE("CPU time is a quota in a period, and a weight") {
  check("cpu", {{limits([](auto& l) { l.nano_cpus = 1'500'000'000; }),
                 "--cpus cpu.cfs_period_us=100000\n--cpus cpu.cfs_quota_us=150000\n",
                 "--cpus cpu.max=150000 100000\n"},
                {limits([](auto& l) { l.cpu_quota = 20'000; }),
                 "--cpu-quota cpu.cfs_period_us=100000\n--cpu-quota cpu.cfs_quota_us=20000\n",
                 "--cpu-quota cpu.max=20000 100000\n"},
                {limits([](auto& l) {
                   l.cpu_quota = 20'000;
                   l.cpu_period = 50'000;
                 }),
                 "--cpu-quota cpu.cfs_period_us=50000\n--cpu-quota cpu.cfs_quota_us=20000\n",
                 "--cpu-quota cpu.max=20000 50000\n"},
                {limits([](auto& l) { l.cpu_period = 50'000; }),
                 "--cpu-period cpu.cfs_period_us=50000\n--cpu-period cpu.cfs_quota_us=-1\n",
                 "--cpu-period cpu.max=max 50000\n"},
                {limits([](auto& l) { l.cpu_shares = 512; }), "--cpu-shares cpu.shares=512\n",
                 "--cpu-shares cpu.weight=59\n"}});
}

TEST_CASE("cpu.weight has the ends and the middle of cpu.shares") {
  CHECK(cpu_weight(2) == 1);
  CHECK(cpu_weight(1024) == 100);
  CHECK(cpu_weight(262'144) == 10'000);
  CHECK(cpu_weight(0) == 1);
  CHECK(cpu_weight(kUnlimited) == 10'000);
}

TEST_CASE("in v1 a cpuset needs CPUs and nodes; those not asked for are the parent's") {
  check("cpuset", {{limits([](auto& l) {
                      l.cpus = {0, 1, 2, 5};
                    }),
                    "--cpuset-cpus cpuset.cpus=0-2,5\n--cpuset-mems cpuset.mems=\n",
                    "--cpuset-cpus cpuset.cpus=0-2,5\n"},
                   {limits([](auto& l) { l.memory_nodes = {1}; }),
                    "--cpuset-cpus cpuset.cpus=\n--cpuset-mems cpuset.mems=1\n",
                    "--cpuset-mems cpuset.mems=1\n"}});
}

TEST_CASE("the number of processes has the same file in both versions") {
  check("pids", {{limits([](auto& l) { l.pids = 20; }), "--pids-limit pids.max=20\n",
                  "--pids-limit pids.max=20\n"},
                 {limits([](auto& l) { l.pids = kUnlimited; }), "", ""}});
}

TEST_CASE("lists of CPUs are read and written as the kernel has them") {
  using List = std::vector<unsigned>;
  CHECK(parse_cpu_list("0-3,5") == List{0, 1, 2, 3, 5});
  CHECK(parse_cpu_list("5,0,0-1") == List{0, 1, 5});
  CHECK(parse_cpu_list("7") == List{7});
  for (const char* wrong : {"", ",", "1,", "a", "-1", "3-1", "1-", "0-9999999", "0x1", " 1"}) {
    CAPTURE(wrong);
    CHECK(!parse_cpu_list(wrong).has_value());
  }
  CHECK(cpu_list({0, 1, 2, 3, 5}) == "0-3,5");
  CHECK(cpu_list({1, 3, 4}) == "1,3-4");
  CHECK(cpu_list({}).empty());
}

}  // namespace cbuild::sandbox
