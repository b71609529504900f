// Files of a context or a stage for RUN --mount, in place or copied.
#pragma once

#include <string>

#include "cbuild/util/fd.h"
#include "src/ops/file_tree.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

/// Opens the file or directory `path` of a context (O_PATH) when mounting it shows the same as a
/// copy: nothing in it is ignored, all of it belongs to root (inside), it holds only files,
/// directories and links, and programs may be executed from it. Otherwise returns an empty Fd: it
/// must be copied.
/// @pre `tree.root` was opened after the mount namespace was entered
Fd open_if_plain(const FileTree& tree, const std::string& path);

/// The name of what copy_for_mount() makes.
inline constexpr const char* kFilled = "tree";

struct MountedFiles {
  FileTree tree;  ///< see for_mount()
  std::string path;
  bool keep_owners = false;  ///< else all belongs to root
};

/// Copies a file or directory to the name kFilled in the empty directory `into`, whose files get
/// their owners by `owners`.
/// @throws Error(usage) whose subject is the path when it does not exist, or all of it is ignored
void copy_for_mount(MountedFiles files,
                    const Fd& into,
                    FileOwners& owners,
                    const CancelToken& cancel);

}  // namespace cbuild::ops
