// Enters the user namespace for work on the store: displays stop their threads, leftovers of killed
// processes are removed.
#pragma once

namespace cbuild {
class Progress;
}

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::image {

struct Services;

/// After this call the process may unpack, mount and run as far as Workspace::enter() says. Where
/// it can give its files to no other owner, the store records owners from here on. The second call
/// does nothing. No other thread may be alive but those of `progress` (may be null). @throws Error
void enter_working_namespace(sandbox::Workspace& workspace,
                             store::Store& store,
                             Progress* progress);
void enter_working_namespace(const Services& services);

}  // namespace cbuild::image
