// Finds the directories of the control group of this process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

enum class CgroupVersion { v1, v2 };

/// Where the control group of this process is seen.
struct CgroupDirectories {
  CgroupVersion version = CgroupVersion::v2;
  /// Nearest first: the group of this process; in v2 also the groups above it, as far as they are
  /// mounted. Empty: it is not seen.
  std::vector<std::string> paths;
};

/// In the hierarchy that may have `controller` ("pids", "memory"), out of the texts of
/// /proc/self/mountinfo and /proc/self/cgroup. Pure.
CgroupDirectories cgroup_directories(std::string_view controller,
                                     std::string_view mountinfo,
                                     std::string_view cgroups);

/// Of this process now.
CgroupDirectories cgroup_directories(std::string_view controller);

}  // namespace cbuild::sandbox
