// The files and mounts of this machine in /proc and /sys that a step must not see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

struct HostView {
  bool cgroup2 = false;                 ///< the unified cgroup tree is at /sys/fs/cgroup
  std::vector<std::string> sys_mounts;  ///< mount points in /sys, none within another: debugfs, …
  std::vector<std::string> private_files;  ///< that root alone may read, in /proc; of processors in
                                           ///< /sys
};

/// @pre the workspace was entered: no mount of the host arrives in this namespace any more
HostView look_at_host();

/// Mount points below `directory`, of the text of /proc/PID/mountinfo, without those below another.
/// Pure.
std::vector<std::string> mounts_beneath(std::string_view mountinfo, std::string_view directory);

}  // namespace cbuild::sandbox
