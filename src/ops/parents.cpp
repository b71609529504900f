// The --parents selection; see parents.h.
#include "src/ops/parents.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/paths.h"
#include "src/ops/source_check.h"
#include "src/ops/wildcard.h"

namespace cbuild::ops {

namespace {

bool is_directory(const FileTree& tree, const std::string& path) {
  return tree.root.directory(path) != nullptr;
}

/// The part of a pattern without wildcards, as entries. It is looked up instead of searched for.
struct LiteralPart {
  std::string path;                    ///< relative to the base
  std::vector<SelectedEntry> entries;  ///< one a component

  bool is_directory() const { return entries.empty() || S_ISDIR(entries.back().status.st_mode); }
};

/// nullopt when the literal part does not exist, or is left out.
std::optional<LiteralPart> look_up_literal(const FileTree& tree,
                                           const TreeWalk& walk,
                                           const std::string& base,
                                           const std::string& pattern) {
  LiteralPart part;
  const std::string wanted = has_wildcard(pattern) ? literal_directory(pattern) : pattern;
  for (const std::string& name : split(wanted, '/')) {
    if (name.empty()) continue;
    const std::string path = join_path(base, part.path);
    const auto directory = tree.root.directory(path, /*follow=*/false);
    if (!directory) return std::nullopt;
    auto entry = walk.look_at({*directory, path, part.path}, name);
    if (!entry) return std::nullopt;
    part.path = join_path(part.path, name);
    part.entries.push_back(std::move(*entry));
  }
  return part;
}

/// Drops entries that `wanted` does not match, except directories beneath `top` that lead to one.
void keep_matches(std::vector<SelectedEntry>& entries,
                  const IgnorePatterns& wanted,
                  const std::string& top) {
  std::set<std::string, std::less<>> on_the_way;
  for (const SelectedEntry& entry : entries) {
    if (entry.hidden || !wanted.excludes(entry.target)) continue;
    for (std::string at = parent_of(entry.target); at.size() > top.size(); at = parent_of(at))
      on_the_way.insert(at);
  }
  std::erase_if(entries, [&](const SelectedEntry& entry) {
    return !wanted.excludes(entry.target) && !on_the_way.contains(entry.target);
  });
}

/// The entries beneath `base` that `pattern` matches, all that is in matched directories, and the
/// directories that lead there.
std::vector<SelectedEntry> matches_beneath(const FileTree& tree,
                                           const TreeWalk& walk,
                                           const std::string& base,
                                           const std::string& pattern) {
  auto literal = look_up_literal(tree, walk, base, pattern);
  if (!literal) return {};
  std::vector<SelectedEntry> found;
  if (literal->is_directory()) found = walk.list(join_path(base, literal->path), literal->path);

  // A pattern of an ignore file that "excludes" a path matches it, or a directory above it.
  const IgnorePatterns wanted = IgnorePatterns::of({pattern});
  keep_matches(found, wanted, literal->path);
  std::vector<SelectedEntry> entries = std::move(literal->entries);
  const bool matched = !entries.empty() && wanted.excludes(literal->path);
  if (found.empty() && (!matched || entries.back().hidden)) return {};
  std::ranges::move(found, std::back_inserter(entries));
  return entries;
}

}  // namespace

PivotedSource split_at_pivot(const std::string& source) {
  const auto pivot = source.find("/./");
  if (pivot == std::string::npos) return {"", clean_path("/", source).substr(1)};
  return {clean_path("/", source.substr(0, pivot)).substr(1),
          clean_path("/", source.substr(pivot + 3)).substr(1)};
}

std::vector<SelectedSource> select_with_parents(const FileTree& tree,
                                                const TreeWalk& walk,
                                                const SourceCheck& check) {
  const auto [base, pattern] = split_at_pivot(check.word());
  std::vector<SelectedSource> selected;
  const auto add = [&](const std::string& directory) -> SelectedSource& {
    SelectedSource& source = selected.emplace_back();
    source.directory = true;
    source.entries = pattern.empty() ? walk.list(directory, "")
                                     : matches_beneath(tree, walk, directory, pattern);
    return source;
  };

  // A base with wildcards: every directory that matches, however many.
  if (tree.wildcards && has_wildcard(base)) {
    check.require_literal_directory(base);
    for_each_match(tree.root, base, [&](const std::string& found) {
      const std::string resolved = check.resolve(found, check.word());
      if (is_directory(tree, resolved)) add(resolved);
    });
    return selected;
  }

  // A literal base must exist, and so must the pattern when it is literal too.
  const std::string resolved = check.resolve(base, check.word());
  if (!is_directory(tree, resolved)) check.refuse_missing(resolved, check.word());
  const SelectedSource& source = add(resolved);
  if (source.entries.empty() && !pattern.empty() && !has_wildcard(pattern)) {
    const std::string path = join_path(resolved, pattern);
    if (tree.ignores(path)) check.refuse_ignored(path, check.word());
    check.refuse_missing(path, check.word());
  }
  return selected;
}

}  // namespace cbuild::ops
