// The choice among the groups of cgroup v2; see cgroup_choice.h.
#include "src/sandbox/cgroup_choice.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

/// The first of `wanted` that `had` lacks; empty = none.
std::string_view lacking(std::span<const std::string_view> wanted,
                         const std::vector<std::string>& had) {
  const auto found = std::ranges::find_if(wanted, [&](std::string_view controller) {
    return std::ranges::find(had, controller) == had.end();
  });
  return found == wanted.end() ? std::string_view() : *found;
}

/// Why no group can be made in `group`; the obstacle is "unmounted" where one can.
UnifiedChoice examine(const UnifiedGroup& group, std::span<const std::string_view> controllers) {
  UnifiedChoice choice;
  if (group.error != 0) {
    choice.obstacle = CgroupObstacle::not_writable;
    choice.reason = fmt::format("cannot create a control group in {}: {}", group.path,
                                ::strerrordesc_np(group.error));
  } else if (const auto missing = lacking(controllers, group.controllers); !missing.empty()) {
    const std::string had = join(group.controllers, " ");
    choice.obstacle = CgroupObstacle::not_delegated;
    choice.reason = fmt::format("{} has no {} controller (its cgroup.controllers: {})", group.path,
                                missing, had.empty() ? "none" : had);
  } else if (const auto kept = lacking(controllers, group.handed_down);
             !kept.empty() && !group.can_hand_down) {
    choice.obstacle = CgroupObstacle::occupied;
    choice.reason = fmt::format(
        "{} contains other processes than cbuild, and so cgroup v2 gives the {} controller to no "
        "group in it",
        group.path, kept);
  }
  return choice;
}

}  // namespace

UnifiedChoice choose_unified(std::span<const UnifiedGroup> groups,
                             std::span<const std::string_view> controllers) {
  UnifiedChoice nearest;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    UnifiedChoice choice = examine(groups[i], controllers);
    if (choice.reason.empty()) {
      choice.group = i;
      return choice;
    }
    // What is nearly enough explains more than what is far from it.
    if (choice.obstacle > nearest.obstacle) nearest = std::move(choice);
  }
  return nearest;
}

}  // namespace cbuild::sandbox
