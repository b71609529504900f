// Finds and prepares the directories in which control groups of steps are made.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/sandbox/cgroup_choice.h"
#include "src/sandbox/cgroup_directories.h"

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// A directory in which groups with these controllers can be made.
struct CgroupParent {
  CgroupVersion version;
  std::string path;
  std::vector<std::string_view> controllers;
};

/// A controller without such a directory.
struct MissingController {
  std::string_view controller;
  CgroupVersion version;
  CgroupObstacle obstacle;
  std::string reason;
};

struct CgroupParents {
  std::vector<CgroupParent> usable;  ///< one a hierarchy
  std::vector<MissingController> missing;
};

/// Looks each controller up in the hierarchy that has it, v1 or v2: in v1 the group of this
/// process, in v2 the nearest of it and those above in which all can be had. Where not all can,
/// those that come first are had. Changes nothing.
CgroupParents find_cgroup_parents(std::span<const std::string_view> controllers);

/// Opens the directory. In v2 hands the controllers down: processes of the group, this one among
/// them, are moved into a leaf "cbuild-init" where find_cgroup_parents() found that they can be.
/// @throws SysError
Fd open_cgroup_parent(const CgroupParent& parent);

/// Writes all of `text` with one write(2), as files of control groups want it. False: errno says
/// why.
bool write_cgroup_file(int directory, const std::string& name, std::string_view text) noexcept;

}  // namespace cbuild::sandbox
