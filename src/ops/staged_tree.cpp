// Paths of staged files; see staged_tree.h.
#include "cbuild/ops/staged_tree.h"

#include <fcntl.h>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild::ops {

std::string StagedTree::path() const {
  return read_link(AT_FDCWD, fd_path(staging_.upper().get()));
}

}  // namespace cbuild::ops
