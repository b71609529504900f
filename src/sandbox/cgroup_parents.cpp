// Directories for control groups of steps; see cgroup_parents.h.
#include "src/sandbox/cgroup_parents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

constexpr const char* kLeaf = "cbuild-init";

/// The words of a file of a control group; none where it cannot be read.
std::vector<std::string> words_of(const std::string& path) {
  try {
    std::string text = read_file_if_exists(path).value_or("");
    std::ranges::replace(text, '\n', ' ');
    std::vector<std::string> words = split(text, ' ');
    std::erase(words, std::string());
    return words;
  } catch (const Error&) {
    return {};
  }
}

bool is_root_of_hierarchy(const std::string& directory) {
  return ::access((directory + "/cgroup.type").c_str(), F_OK) != 0;
}

/// Whether nobody else minds that the processes of a group go into a leaf. In the root of a cgroup
/// namespace they are those of a container.
bool can_be_emptied(const std::string& directory, bool is_mount_point) {
  const std::string self = std::to_string(::getpid());
  const auto processes = words_of(directory + "/cgroup.procs");
  return std::ranges::all_of(processes, [&](const std::string& pid) {
    constexpr std::string_view kOfOtherNamespace = "0";
    return pid == self || (is_mount_point && pid != kOfOtherNamespace);
  });
}

int error_of_writing(const std::string& directory) {
  if (::access(directory.c_str(), W_OK) != 0) return errno;
  return ::access((directory + "/cgroup.procs").c_str(), W_OK) == 0 ? 0 : errno;
}

std::vector<UnifiedGroup> look_at_groups(const std::vector<std::string>& paths) {
  std::vector<UnifiedGroup> groups;
  for (const std::string& path : paths) {
    if (path.ends_with(std::string("/") + kLeaf)) continue;  // made so that the group above is free
    const bool is_mount_point = path == paths.back();
    groups.push_back(
        {.path = path,
         .error = error_of_writing(path),
         .controllers = words_of(path + "/cgroup.controllers"),
         .handed_down = words_of(path + "/cgroup.subtree_control"),
         .can_hand_down = is_root_of_hierarchy(path) || can_be_emptied(path, is_mount_point)});
  }
  return groups;
}

MissingController missing(std::string_view controller,
                          CgroupVersion version,
                          CgroupObstacle obstacle,
                          std::string reason) {
  return {controller, version, obstacle, std::move(reason)};
}

/// Adds to `found` the parent for the controllers of cgroup v2.
void choose(const std::vector<std::string>& paths,
            std::span<const std::string_view> controllers,
            CgroupParents& found) {
  if (controllers.empty()) return;
  const std::vector<UnifiedGroup> groups = look_at_groups(paths);
  std::vector<std::string_view> chosen;
  std::optional<std::size_t> place;
  for (const std::string_view controller : controllers) {
    chosen.push_back(controller);
    const UnifiedChoice choice = choose_unified(groups, chosen);
    if (choice.group) {
      place = choice.group;
      continue;
    }
    chosen.pop_back();
    found.missing.push_back(missing(controller, CgroupVersion::v2, choice.obstacle, choice.reason));
  }
  if (place) found.usable.push_back({CgroupVersion::v2, groups[*place].path, std::move(chosen)});
}

/// The controllers of one hierarchy of cgroup v1 may be mounted together.
void add_v1(const std::string& path, std::string_view controller, CgroupParents& found) {
  if (::access(path.c_str(), W_OK) != 0) {
    found.missing.push_back(missing(controller, CgroupVersion::v1, CgroupObstacle::not_writable,
                                    SysError("cannot create a control group in {}", path).what()));
    return;
  }
  const auto known = std::ranges::find(found.usable, path, &CgroupParent::path);
  if (known != found.usable.end()) {
    known->controllers.push_back(controller);
  } else {
    found.usable.push_back({CgroupVersion::v1, path, {controller}});
  }
}

/// cgroup v2: every process of the group, so that it may hand controllers down.
void empty_group(const Fd& group, const std::string& path) {
  if (::mkdirat(group.get(), kLeaf, 0755) != 0 && errno != EEXIST) {
    throw SysError("create the control group {}/{}", path, kLeaf);
  }
  for (const std::string& pid : words_of(path + "/cgroup.procs")) {
    if (!write_cgroup_file(group.get(), std::string(kLeaf) + "/cgroup.procs", pid) &&
        errno != ESRCH) {
      throw SysError("move process {} to the control group {}/{}", pid, path, kLeaf);
    }
  }
}

}  // namespace

CgroupParents find_cgroup_parents(std::span<const std::string_view> controllers) {
  const std::string mountinfo = read_file("/proc/self/mountinfo");
  const std::string cgroups = read_file_if_exists("/proc/self/cgroup").value_or("");
  CgroupParents found;
  std::vector<std::string> unified;
  std::vector<std::string_view> in_unified;
  for (const std::string_view controller : controllers) {
    CgroupDirectories directories = cgroup_directories(controller, mountinfo, cgroups);
    if (directories.paths.empty()) {
      found.missing.push_back(missing(
          controller, directories.version, CgroupObstacle::unmounted,
          fmt::format("no control group with the {} controller is mounted here", controller)));
    } else if (directories.version == CgroupVersion::v1) {
      add_v1(directories.paths.front(), controller, found);
    } else {
      unified = std::move(directories.paths);
      in_unified.push_back(controller);
    }
  }
  choose(unified, in_unified, found);
  return found;
}

Fd open_cgroup_parent(const CgroupParent& parent) {
  Fd group(::open(parent.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!group) throw SysError("open {}", parent.path);
  if (parent.version == CgroupVersion::v1) return group;
  std::string added;
  const auto handed_down = words_of(parent.path + "/cgroup.subtree_control");
  for (const std::string_view controller : parent.controllers) {
    if (std::ranges::find(handed_down, controller) == handed_down.end()) {
      added += fmt::format("{}+{}", added.empty() ? "" : " ", controller);
    }
  }
  if (added.empty()) return group;
  if (!is_root_of_hierarchy(parent.path)) empty_group(group, parent.path);
  if (!write_cgroup_file(group.get(), "cgroup.subtree_control", added)) {
    throw SysError("write {} to {}/cgroup.subtree_control", added, parent.path);
  }
  return group;
}

bool write_cgroup_file(int directory, const std::string& name, std::string_view text) noexcept {
  const Fd file(::openat(directory, name.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace cbuild::sandbox
