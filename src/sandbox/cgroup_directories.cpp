// Finds the mounts of control groups; see cgroup_directories.h.
#include "src/sandbox/cgroup_directories.h"

#include <algorithm>
#include <optional>

#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

bool has_word(std::string_view text, std::string_view word) {
  const auto words = split(text, ',');
  return std::ranges::find(words, word) != words.end();
}

/// A hierarchy that is mounted here.
struct Hierarchy {
  std::string root;  ///< the group that is seen at `mount`
  std::string mount;
  bool unified;
};

/// The hierarchy with the controller; the unified one may have it.
std::optional<Hierarchy> find_hierarchy(std::string_view controller, std::string_view mountinfo) {
  constexpr std::size_t kRoot = 3;
  constexpr std::size_t kMount = 4;
  std::optional<Hierarchy> unified;
  for (const std::string& line : split(mountinfo, '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() <= kMount || fields.end() - dash < 4) continue;
    const Hierarchy found{fields[kRoot], fields[kMount], dash[1] == "cgroup2"};
    if (dash[1] == "cgroup" && has_word(dash[3], controller)) return found;
    if (found.unified && !unified) unified = found;
  }
  return unified;
}

/// The group of this process in `hierarchy`, from the root of that.
std::optional<std::string> own_group(std::string_view controller,
                                     std::string_view cgroups,
                                     const Hierarchy& hierarchy) {
  for (const std::string& line : split(cgroups, '\n')) {  // "8:pids:/a/b", "0::/a/b"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const bool matches =
        hierarchy.unified ? line.starts_with("0::") : has_word(controllers, controller);
    if (matches) return line.substr(second + 1);
  }
  return std::nullopt;
}

}  // namespace

CgroupDirectories cgroup_directories(std::string_view controller,
                                     std::string_view mountinfo,
                                     std::string_view cgroups) {
  const auto hierarchy = find_hierarchy(controller, mountinfo);
  if (!hierarchy) return {};
  CgroupDirectories found{hierarchy->unified ? CgroupVersion::v2 : CgroupVersion::v1, {}};
  auto group = own_group(controller, cgroups, *hierarchy);
  if (!group) return found;
  const std::string root = hierarchy->root == "/" ? "" : hierarchy->root;
  if (!(*group + "/").starts_with(root + "/")) return found;  // beyond what is mounted
  std::string below = group->substr(root.size());
  while (below.ends_with('/'))
    below.pop_back();
  found.paths.push_back(hierarchy->mount + below);
  while (hierarchy->unified && !below.empty()) {
    below.resize(below.rfind('/'));
    found.paths.push_back(hierarchy->mount + below);
  }
  return found;
}

CgroupDirectories cgroup_directories(std::string_view controller) {
  return cgroup_directories(controller, read_file("/proc/self/mountinfo"),
                            read_file_if_exists("/proc/self/cgroup").value_or(""));
}

}  // namespace cbuild::sandbox
