// Opens selected files, and notices that they changed since they were selected.
#pragma once

#include "cbuild/util/fd.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

/// Opens a selected regular file for reading. @throws as check_unchanged(), SysError
Fd open_selected(const SelectedEntry& entry, const FileTree& tree);

/// The copied bytes must be those that the digest was made of.
/// @throws Error(build) when the tree may change and `file` is not as it was when it was selected
void check_unchanged(const Fd& file, const SelectedEntry& entry, const FileTree& tree);

}  // namespace cbuild::ops
