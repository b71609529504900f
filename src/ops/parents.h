// COPY --parents: sources whose path is kept at the destination.
#pragma once

#include <string>
#include <vector>

#include "src/ops/selection.h"
#include "src/ops/tree_walk.h"

namespace cbuild::ops {

class SourceCheck;

/// A source of --parents, taken apart: "base/./pattern", both parts clean and relative. Without
/// "/./" the base is the root of the tree.
struct PivotedSource {
  std::string base;     ///< may hold wildcards
  std::string pattern;  ///< of the ignore file's syntax, with "**"; empty = all of the base
};

PivotedSource split_at_pivot(const std::string& source);

/// What the source `check.word()` takes with --parents: for each base, what the pattern matches
/// beneath it, with the directories that lead there.
/// @throws Error(usage) whose subject is the source; PatternError
std::vector<SelectedSource> select_with_parents(const FileTree& tree,
                                                const TreeWalk& walk,
                                                const SourceCheck& check);

}  // namespace cbuild::ops
