// Opens selected files, and notices that they changed since they were selected.
#pragma once

#include <optional>

#include "cbuild/util/fd.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

/// Opens a selected regular file for reading. @throws as check_unchanged(), SysError
Fd open_selected(const SelectedEntry& entry, const FileTree& tree);

/// The copied bytes must be those that the digest was made of.
/// @throws Error(build) when the tree may change and `file` is not as it was when it was selected
void check_unchanged(const Fd& file, const SelectedEntry& entry, const FileTree& tree);

/// The file that `source` is, when it is an archive to be unpacked, to be read from its beginning.
std::optional<Fd> open_archive(const SelectedSource& source);

}  // namespace cbuild::ops
