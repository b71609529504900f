// A control group for the processes of one step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

  int directory_fd() const noexcept { return lock_.get(); }

  /// Its cgroup.procs: whoever writes "0" to it is in the group from then on.
  int procs_fd() const noexcept { return procs_.get(); }

  /// Leaves it to the processes that are in it.
  void abandon() noexcept { lock_ = Fd(); }

 private:
  PidsCgroup() = default;

  Fd parent_;
  std::string name_;
  Fd lock_;  ///< the group itself, locked: it is in use
  Fd procs_;
};

}  // namespace cbuild::sandbox
