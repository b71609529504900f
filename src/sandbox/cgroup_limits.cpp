// The files of control groups that keep limits; see cgroup_limits.h.
#include "src/sandbox/cgroup_limits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cbuild/sandbox/limits.h"

namespace cbuild::sandbox {

namespace {

using Files = std::vector<CgroupFile>;

/// "max" (v2) or "-1" (v1).
std::string amount(std::uint64_t limit, CgroupVersion version) {
  if (limit != kUnlimited) return std::to_string(limit);
  return version == CgroupVersion::v2 ? "max" : "-1";
}

Files memory_files(CgroupVersion version, const GroupLimits& limits) {
  if (limits.memory == 0) return {};
  const bool is_asked = limits.memory_swap != 0;
  std::uint64_t both = is_asked ? limits.memory_swap : 2 * limits.memory;
  CgroupFile swap{.flag = "--memory-swap", .name = {}, .text = {}, .optional = !is_asked};
  if (version == CgroupVersion::v1) {
    swap.name = "memory.memsw.limit_in_bytes";
    swap.text = amount(both, version);
    return {{"--memory", "memory.limit_in_bytes", std::to_string(limits.memory)}, swap};
  }
  swap.name = "memory.swap.max";
  swap.text = amount(both == kUnlimited ? both : both - limits.memory, version);
  return {{"--memory", "memory.max", std::to_string(limits.memory)}, swap};
}

Files cpu_files(CgroupVersion version, const GroupLimits& limits) {
  constexpr std::uint64_t kUsualPeriod = 100'000;
  constexpr std::uint64_t kNano = 1'000'000'000;
  Files files;
  const std::uint64_t period = limits.cpu_period != 0 ? limits.cpu_period : kUsualPeriod;
  std::uint64_t quota = limits.cpu_quota != 0 ? limits.cpu_quota : kUnlimited;
  if (limits.nano_cpus != 0) quota = limits.nano_cpus / (kNano / period);
  if (quota != kUnlimited || limits.cpu_period != 0) {
    const std::string_view flag = limits.nano_cpus != 0   ? "--cpus"
                                  : limits.cpu_quota != 0 ? "--cpu-quota"
                                                          : "--cpu-period";
    if (version == CgroupVersion::v2) {
      files.push_back({flag, "cpu.max", amount(quota, version) + " " + std::to_string(period)});
    } else {
      files.push_back({flag, "cpu.cfs_period_us", std::to_string(period)});
      files.push_back({flag, "cpu.cfs_quota_us", amount(quota, version)});
    }
  }
  if (limits.cpu_shares != 0) {
    if (version == CgroupVersion::v2) {
      files.push_back(
          {"--cpu-shares", "cpu.weight", std::to_string(cpu_weight(limits.cpu_shares))});
    } else {
      files.push_back({"--cpu-shares", "cpu.shares", std::to_string(limits.cpu_shares)});
    }
  }
  return files;
}

/// In v1 a new group has neither CPUs nor nodes, and takes no process until it has both.
Files cpuset_files(CgroupVersion version, const GroupLimits& limits) {
  Files files;
  if (limits.cpus.empty() && limits.memory_nodes.empty()) return files;
  const bool needs_both = version == CgroupVersion::v1;
  if (needs_both || !limits.cpus.empty()) {
    files.push_back({"--cpuset-cpus", "cpuset.cpus", cpu_list(limits.cpus)});
  }
  if (needs_both || !limits.memory_nodes.empty()) {
    files.push_back({"--cpuset-mems", "cpuset.mems", cpu_list(limits.memory_nodes)});
  }
  return files;
}

Files pids_files(const GroupLimits& limits) {
  if (limits.pids == 0 || limits.pids == kUnlimited) return {};
  return {{"--pids-limit", "pids.max", std::to_string(limits.pids)}};
}

}  // namespace

std::vector<CgroupFile> cgroup_files(std::string_view controller,
                                     CgroupVersion version,
                                     const GroupLimits& limits) {
  if (controller == "memory") return memory_files(version, limits);
  if (controller == "cpu") return cpu_files(version, limits);
  if (controller == "cpuset") return cpuset_files(version, limits);
  return controller == "pids" ? pids_files(limits) : Files();
}

// The formula of the container runtimes (runc, crun): a parabola in the logarithm through the three
// points.
unsigned cpu_weight(std::uint64_t shares) noexcept {
  const double log = std::log2(static_cast<double>(std::clamp<std::uint64_t>(shares, 2, 262'144)));
  const double exponent = (log * log + 125 * log) / 612 - 7.0 / 34;
  return static_cast<unsigned>(std::ceil(std::pow(10.0, exponent) - 1e-9));
}

}  // namespace cbuild::sandbox
