// Recorded owners of the links in a whole stack.
#pragma once

#include "cbuild/util/link_owners.h"

namespace cbuild::layer {

class RootTree;

/// Of links, FIFOs and sockets that are seen in the tree; those of root are left out.
LinkOwners link_owners_of(const RootTree& tree);

}  // namespace cbuild::layer
