// Files of a context or a stage that a RUN mounts: as they are, or as a copy.
#pragma once

#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "src/ops/file_tree.h"

namespace cbuild::ops {

/// The file or directory `path` of a context (O_PATH), when mounting it shows what a copy would:
/// nothing in it is ignored, all of it belongs to root (inside), it holds only files, directories
/// and links, and may be executed from. Empty: it has to be copied.
/// @pre `tree.root` was opened after the mount namespace was entered
Fd open_if_plain(const FileTree& tree, const std::string& path);

struct MountedFiles {
  FileTree tree;  ///< see for_mount()
  std::string path;
  bool keep_owners = false;  ///< else all belongs to root
};

/// Copies a file or directory to the name kFilled in the empty directory `into`.
/// @throws solver::WordError (kind usage) when it does not exist, or all of it is ignored
void copy_for_mount(MountedFiles files, const Fd& into, const CancelToken& cancel);

}  // namespace cbuild::ops
