// The control group of one step, with its limits.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "src/sandbox/clone.h"

namespace cbuild::sandbox {

struct CgroupParent;
struct GroupLimits;

/// A group in each hierarchy that has a controller for one of the limits: one in cgroup v2, up to
/// four in v1. All are removed with this object, or when the next group is made after a kill.
class StepCgroup {
 public:
  /// @param parents  in which groups are made, with the controllers that `limits` need there
  /// @param limits  those that no controller of `parents` keeps are ignored
  /// @throws Error(machine) that names the flag whose limit cannot be set
  StepCgroup(std::span<const CgroupParent> parents, const GroupLimits& limits);
  StepCgroup(const StepCgroup&) = delete;
  StepCgroup& operator=(const StepCgroup&) = delete;
  /// @pre its processes have ended
  ~StepCgroup();

  /// What the processes of the step must join. Borrowed.
  const TargetCgroup& target() const noexcept { return target_; }

  /// Leaves it to the processes that are in it.
  void abandon() noexcept;

 private:
  class Group;

  std::vector<std::unique_ptr<Group>> groups_;
  TargetCgroup target_;
};

}  // namespace cbuild::sandbox
