// Owners of links, fifos and sockets between a list of paths and the records of a running step.
#pragma once

#include "cbuild/util/link_owners.h"

namespace cbuild::sandbox {

class StepOwners;

/// Gives the files that are there their owners. The thread of a Standpoint calls it.
void load_link_owners(const LinkOwners& links, StepOwners& owners);

/// The owners of all links, fifos and sockets in `upper`, the upper directory of the overlay that
/// is mounted at `root`, that are not root's. @throws SysError
LinkOwners collect_link_owners(int upper, int root, const StepOwners& owners);

}  // namespace cbuild::sandbox
