// Translates limits into the files of control groups, of both versions.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "src/sandbox/cgroup_directories.h"

namespace cbuild::sandbox {

struct GroupLimits;

/// A file of a control group, and what is written to it.
struct CgroupFile {
  std::string_view flag;  ///< whose limit it keeps
  std::string name;
  std::string text;       ///< empty = what the file has in the group above
  bool optional = false;  ///< not all kernels have it, and the limit is kept without
};

/// The controllers that keep limits. In cgroup v2 those before have the choice of the place.
inline constexpr std::array<std::string_view, 4> kLimitControllers = {"memory", "cpu", "pids",
                                                                      "cpuset"};

/// What a new group needs for those of `limits` that `controller` keeps, in the order of writing;
/// empty = it is not needed. Pure.
std::vector<CgroupFile> cgroup_files(std::string_view controller,
                                     CgroupVersion version,
                                     const GroupLimits& limits);

/// cpu.weight (v2) for cpu.shares (v1): 2 is 1, the usual 1024 is the usual 100, 262144 is 10000.
unsigned cpu_weight(std::uint64_t shares) noexcept;

}  // namespace cbuild::sandbox
