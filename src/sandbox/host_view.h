// What of this machine a step must not see, and what it sees because nothing else can be had.
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
  /// For /etc/hosts, where no sandbox can have a host name of its own, as under podman's seccomp
  /// profile; else empty.
  std::string host_line;
};

/// @pre the workspace was entered: no mount of the host arrives in this namespace any more
HostView look_at_host();

/// The line of /etc/hosts for the host name of this machine, which programs look up (sudo).
std::string own_host_line();

/// Whether the kernel refuses a new /proc in a pid namespace, because something is mounted in that
/// of this machine, as in a container.
bool proc_is_masked();

/// Mount points below `directory`, of the text of /proc/PID/mountinfo, without those below another.
/// Pure.
std::vector<std::string> mounts_beneath(std::string_view mountinfo, std::string_view directory);

}  // namespace cbuild::sandbox
