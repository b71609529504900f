// The walk and its filters; see tree_walk.h.
#include "src/ops/tree_walk.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/blame.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

IgnorePatterns patterns_of(const std::vector<std::string>& excludes) {
  // One at a time first, so that an error points at the pattern.
  for (const std::string& pattern : excludes)
    blaming<PatternError>(pattern, [&] { IgnorePatterns::of({pattern}); });
  return IgnorePatterns::of(excludes);
}

/// An ignored directory counts only when something beneath it was re-included.
void drop_unused_hidden(std::vector<SelectedEntry>& entries) {
  std::set<std::string, std::less<>> used;
  for (const SelectedEntry& entry : entries) {
    if (entry.hidden) continue;
    for (auto at = entry.target.find('/'); at != std::string::npos;
         at = entry.target.find('/', at + 1)) {
      used.insert(entry.target.substr(0, at));
    }
  }
  std::erase_if(entries, [&](const SelectedEntry& entry) {
    return entry.hidden && !used.contains(entry.target);
  });
}

}  // namespace

TreeWalk::TreeWalk(const FileTree& tree, const graph::Copy& op, const CancelToken& cancel)
    : tree_(tree),
      excludes_(patterns_of(op.excludes)),
      takes_sockets_(op.from_context),
      cancel_(cancel) {}

std::vector<SelectedEntry> TreeWalk::list(const std::string& top,
                                          const std::string& top_target) const {
  std::vector<SelectedEntry> entries;
  // A list of pending directories instead of recursion: depth costs memory, not stack.
  std::vector<std::pair<std::string, std::string>> pending = {{top, top_target}};
  while (!pending.empty()) {
    cancel_.check();
    const auto [path, target] = std::move(pending.back());
    pending.pop_back();
    const auto directory = tree_.root.directory(path, /*follow=*/false);
    if (!directory) throw Error("{} is no directory any more", printable(path));
    for (const DirectoryEntry& name : directory->list()) {
      auto entry = look_at({*directory, path, target}, name.name);
      if (!entry) continue;
      if (S_ISDIR(entry->status.st_mode)) pending.emplace_back(entry->path, entry->target);
      entries.push_back(std::move(*entry));
    }
  }
  std::ranges::sort(entries, {}, &SelectedEntry::target);
  drop_unused_hidden(entries);
  return entries;
}

std::optional<SelectedEntry> TreeWalk::look_at(const Directory& directory,
                                               const std::string& name) const {
  SelectedEntry entry;
  entry.path = join_path(directory.path, name);
  entry.target = join_path(directory.target, name);

  // Names first: most of what is ignored needs no system call.
  const bool ignored = tree_.ignores(entry.path);
  const bool excluded = excludes(entry.target);
  entry.hidden = ignored || excluded;
  if (ignored && !tree_.may_reinclude_below(entry.path)) return std::nullopt;
  if (excluded && !excludes_.may_reinclude_below(entry.target)) return std::nullopt;

  // Then the type: only a directory may be hidden and still lead to something.
  const auto status = directory.opened.stat(name);
  if (!status) return std::nullopt;  // removed since it was listed
  entry.status = *status;
  if (S_ISSOCK(entry.status.st_mode) && !takes_sockets_) return std::nullopt;
  if (entry.hidden && !S_ISDIR(entry.status.st_mode)) return std::nullopt;
  if (S_ISLNK(entry.status.st_mode)) entry.link = directory.opened.read_link(name);
  return entry;
}

bool TreeWalk::excludes(const std::string& target) const {
  return !excludes_.empty() && excludes_.excludes(target);
}

}  // namespace cbuild::ops
