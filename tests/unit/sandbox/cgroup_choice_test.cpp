// Rules of the choice among the groups of cgroup v2.
#include "src/sandbox/cgroup_choice.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace cbuild::sandbox {

namespace {

using Names = std::vector<std::string_view>;

UnifiedGroup group(const char* path) {
  return {.path = path,
          .error = 0,
          .controllers = {"cpu", "memory", "pids"},
          .handed_down = {"cpu", "memory", "pids"},
          .can_hand_down = false};
}

UnifiedGroup refused(const char* path, int error) {
  UnifiedGroup result = group(path);
  result.error = error;
  return result;
}

UnifiedGroup occupied(const char* path) {
  UnifiedGroup result = group(path);
  result.handed_down = {};
  return result;
}

UnifiedGroup without(const char* path, std::vector<std::string> controllers) {
  UnifiedGroup result = group(path);
  result.controllers = result.handed_down = std::move(controllers);
  return result;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the nearest group does that hands the controllers down or can be made to") {
  UnifiedGroup alone = occupied("/a/b/scope");
  alone.can_hand_down = true;

  struct Row {
    std::vector<UnifiedGroup> groups;
    Names controllers;
    std::size_t chosen;
  };

  const Row rows[] = {
      {{group("/a/b"), group("/a"), group("")}, {"memory"}, 0},
      {{alone, group("/a")}, {"memory", "cpu"}, 0},      // a scope with Delegate=yes
      {{occupied("/a/b"), group("/a")}, {"memory"}, 1},  // a terminal of the desktop
      {{refused("/a/b", EACCES), group("/a")}, {"memory"}, 1},
      {{without("/a/b", {"memory"}), group("/a")}, {"memory"}, 0},
      {{without("/a/b", {"memory"}), group("/a")}, {"memory", "cpu"}, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.groups.front().path);
    CHECK(choose_unified(row.groups, row.controllers).group == row.chosen);
  }
}

TEST_CASE("where there is none, the obstacle is that of the group which lacks least") {
  struct Row {
    std::vector<UnifiedGroup> groups;
    CgroupObstacle obstacle;
    std::string reason;
  };

  const Row rows[] = {
      {{refused("/user/session", EACCES), refused("/user", EACCES)},
       CgroupObstacle::not_writable,
       "cannot create a control group in /user/session: Permission denied"},
      {{refused("/", EROFS)}, CgroupObstacle::not_writable, "Read-only file system"},
      {{without("/user/scope", {"pids"}), refused("/user", EACCES)},
       CgroupObstacle::not_delegated,
       "/user/scope has no memory controller (its cgroup.controllers: pids)"},
      {{without("/user/scope", {}), refused("/user", EACCES)},
       CgroupObstacle::not_delegated,
       "(its cgroup.controllers: none)"},
      {{without("/a/b", {}), occupied("/a"), refused("/", EACCES)},
       CgroupObstacle::occupied,
       "/a contains other processes than cbuild"},
      {{}, CgroupObstacle::unmounted, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    const Names memory{"memory"};
    const UnifiedChoice choice = choose_unified(row.groups, memory);
    CHECK(!choice.group);
    CHECK(choice.obstacle == row.obstacle);
    CHECK_MESSAGE(holds(choice.reason, row.reason), choice.reason);
  }
}

}  // namespace cbuild::sandbox
