// Paths that were probably meant; see suggestion.h.
#include "src/ops/suggestion.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/file_tree.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

/// Entries looked at before the search for a name is given up.
constexpr std::size_t kMaxLookedAt = 20'000;

std::vector<std::string> names_in(const FileTree& tree,
                                  const layer::TreeDirectory& directory,
                                  const std::string& path) {
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : directory.list()) {
    if (!tree.ignores(join_path(path, entry.name))) names.push_back(entry.name);
  }
  return names;
}

/// The only path of the tree whose last component is `name`; nullopt when there are two.
std::optional<std::string> only_path_named(const FileTree& tree, const std::string& name) {
  std::optional<std::string> found;
  std::size_t looked_at = 0;
  std::vector<std::string> pending = {""};
  while (!pending.empty()) {
    const std::string at = std::move(pending.back());
    pending.pop_back();
    const auto directory = tree.root.directory(at, /*follow=*/false);
    if (!directory) continue;
    for (const DirectoryEntry& entry : directory->list()) {
      const std::string inner = join_path(at, entry.name);
      if (tree.ignores(inner)) continue;
      if (++looked_at > kMaxLookedAt || (found && entry.name == name)) return std::nullopt;
      if (entry.name == name) found = inner;
      if (entry.type == DT_DIR) pending.push_back(inner);
    }
  }
  return found;
}

/// `path` with each component that does not exist replaced by the nearest name in its directory;
/// nullopt when a component has no near name.
std::optional<std::string> corrected(const FileTree& tree, const std::string& path) {
  std::string found;
  for (const std::string& name : split(path, '/')) {
    if (name.empty()) continue;
    const auto directory = tree.root.directory(found);
    if (!directory) return std::nullopt;
    const std::vector<std::string> names = names_in(tree, *directory, found);
    const bool exists = std::ranges::find(names, name) != names.end();
    const auto near = exists ? std::optional(name) : nearest(name, names);
    if (!near) return std::nullopt;
    found = join_path(found, *near);
  }
  return found;
}

}  // namespace

std::optional<std::string> suggest_path(const FileTree& tree, const std::string& path) {
  try {
    auto found = corrected(tree, path);
    if (found) return *found == path ? std::nullopt : found;
    // A stage may be a whole distribution: only the user's own files are searched.
    return tree.may_change ? only_path_named(tree, last_component(path)) : std::nullopt;
  } catch (const SysError&) {  // a directory that may not be read
    return std::nullopt;
  }
}

}  // namespace cbuild::ops
