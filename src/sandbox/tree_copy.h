// Copies of files and trees, for places where nothing can be mounted.
#pragma once

#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// Copies what `from` (O_PATH) is to `name` in `directory`: content, owner, mode, times,
/// attributes; a directory with all that is in it. Sockets are linked, so that they lead to the
/// same server; devices and fifos are left out. Links are not followed.  @throws SysError
void copy_tree(const Fd& from, const Fd& directory, const std::string& name);

/// Replaces every file of the tree that has names outside of it, too, by a copy: a change to it
/// must not change the others.  @throws SysError
void separate_from_outside(const Fd& tree);

}  // namespace cbuild::sandbox
