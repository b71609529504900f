// A control group for the processes of one step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// A group with pids.max; gone with this object, or when the next one is made after a kill. Made as
/// near as may be to the group of this process: beneath it (cgroup v1), or in the nearest one above
/// that hands the pids controller down (v2).
class PidsCgroup {
 public:
  /// Null where there is no controller or no right to it; errno says why.
  static std::unique_ptr<PidsCgroup> make(std::uint64_t limit);

  PidsCgroup(const PidsCgroup&) = delete;
  PidsCgroup& operator=(const PidsCgroup&) = delete;
  /// @pre its processes have ended
  ~PidsCgroup();

  /// Whoever writes "0" to it is in the group from then on.
  int join_fd() const noexcept { return join_.get(); }

 private:
  PidsCgroup() = default;

  Fd parent_;
  std::string name_;
  Fd lock_;  ///< the group itself, locked: it is in use
  Fd join_;
};

/// Directories that may hold such a group, best first, out of the texts of /proc/self/mountinfo and
/// /proc/self/cgroup. Pure.
std::vector<std::string> pids_cgroup_parents(std::string_view mountinfo, std::string_view cgroups);

}  // namespace cbuild::sandbox
