// Whether and how the limits of sandboxes are kept on this machine.
#pragma once

#include <string>
#include <vector>

namespace cbuild::sandbox {

struct GroupLimits;

/// How a limit of a flag is kept here.
struct LimitSupport {
  std::string flag;     ///< "--memory"
  std::string how;      ///< the mechanism; empty where there is none
  std::string missing;  ///< why there is none, and what to do; empty where there is one
};

/// For every flag that limits steps, in a fixed order. Changes nothing on this machine.
/// @pre the Workspace was not entered: in it everybody is root
std::vector<LimitSupport> limit_support();

/// Checks before anything is fetched or run that sandboxes can have these limits, by making a
/// control group where they need one.  @pre the Workspace was not entered
/// @throws Error(usage) for CPUs and nodes that this machine does not have, Error(machine) for a
/// limit that cannot be kept here: both name the flag
void check_group_limits(const GroupLimits& limits);

}  // namespace cbuild::sandbox
