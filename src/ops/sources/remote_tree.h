// The files of a download or of a commit, as a step takes them.
#pragma once

#include <string>

#include "cbuild/ops/staged_tree.h"
#include "src/ops/file_tree.h"

namespace cbuild::ops {

/// The files of a source vertex, staged in the store.
struct RemoteTree {
  StagedTree staged;   ///< removes the files when it is destroyed
  FileTree tree;       ///< the same, opened
  std::string source;  ///< pattern that names them in the tree
};

}  // namespace cbuild::ops
