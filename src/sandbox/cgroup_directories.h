// Finds the directories of the control group of this process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// Directories of the group of this process in the hierarchy that may have `controller` ("pids",
/// "memory"), and in cgroup v2 of the groups above it, nearest first, out of the texts of
/// /proc/self/mountinfo and /proc/self/cgroup. Pure.
std::vector<std::string> cgroup_directories(std::string_view controller,
                                            std::string_view mountinfo,
                                            std::string_view cgroups);

}  // namespace cbuild::sandbox
