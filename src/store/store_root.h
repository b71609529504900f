// The directory of a store: made, looked at, held.
#pragma once

#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"

namespace cbuild::store {

/// Makes sure that there is a store in this directory, that it is ours alone to change, and that
/// nothing of its frame is missing. Holds its shared lock as long as the descriptor lives; no
/// descriptor where there is no lock because the file system is read-only.
/// @throws Error, and touches nothing, when it is no store, of another format, or of another owner
Fd open_root(const std::string& root, const CancelToken* cancel);

}  // namespace cbuild::store
