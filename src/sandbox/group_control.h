// Controls the control groups of a running sandbox, and reads their counters.
#pragma once

#include <span>
#include <string_view>

namespace cbuild::sandbox {

struct GroupLimits;
struct Usage;

/// Directories of groups, one a hierarchy, of either version. Borrowed.
using GroupDirectories = std::span<const int>;

/// Stops or continues all processes of a group at once: cgroup.freeze (v2) or freezer.state (v1).
/// False: no group can.  @throws SysError
bool freeze(GroupDirectories groups, bool frozen);

/// What the groups told; the rest of Usage is to be found elsewhere.
struct CountedUsage {
  bool cpu = false;
  bool memory = false;
  bool processes = false;
};

CountedUsage read_usage(GroupDirectories groups, Usage& usage);

/// Changes limits that are asked for; others stay.
/// @throws Error(machine) that names the flag of one that no group keeps, or that is refused
void change_limits(GroupDirectories groups, const GroupLimits& limits);

/// Sends SIGKILL to all processes of the groups, which must be of one sandbox alone, and waits for
/// their end for a short while.
void kill_all(GroupDirectories groups) noexcept;

}  // namespace cbuild::sandbox
