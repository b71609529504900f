// Selections of several trees; see selection.h.
#include "src/ops/selection.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cbuild::ops {

const FileTree& Selection::own(FileTree tree) {
  return *trees_.emplace_back(std::make_unique<const FileTree>(std::move(tree)));
}

void Selection::merge(Selection other) {
  std::ranges::move(other.trees_, std::back_inserter(trees_));
  std::ranges::move(other.sources, std::back_inserter(sources));
  // Sources of several inputs come back into the order of the instruction; matches of one wildcard
  // keep theirs.
  std::ranges::stable_sort(sources, {}, &SelectedSource::source);
}

}  // namespace cbuild::ops
