// Chooses the group of cgroup v2 beneath which the groups of steps are made.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// Why a controller cannot be used.
enum class CgroupObstacle {
  unmounted,      ///< no hierarchy with it is mounted, or not the part with the caller's group
  not_writable,   ///< no group can be made
  not_delegated,  ///< a group can be made, without this controller
  occupied        ///< likewise, because the group around has processes
};

/// What decides whether groups with some controllers can be made in a group of cgroup v2.
struct UnifiedGroup {
  std::string path;
  int error = 0;                         ///< errno of making one; 0 = it can be made
  std::vector<std::string> controllers;  ///< cgroup.controllers
  std::vector<std::string> handed_down;  ///< cgroup.subtree_control
  /// Controllers may be added to cgroup.subtree_control: the group is the root of the hierarchy,
  /// has no processes ("no internal processes" rule), or only such as can be moved.
  bool can_hand_down = false;
};

struct UnifiedChoice {
  std::optional<std::size_t> group;  ///< index of the first that does; empty = none
  CgroupObstacle obstacle = CgroupObstacle::unmounted;  ///< when there is none
  std::string reason;                                   ///< likewise
};

/// `groups`: that of the caller and those above it, nearest first. Pure.
UnifiedChoice choose_unified(std::span<const UnifiedGroup> groups,
                             std::span<const std::string_view> controllers);

}  // namespace cbuild::sandbox
