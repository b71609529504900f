// Enters the user namespace for work on the store: displays stop their threads, leftovers of killed
// processes are removed.
#pragma once

namespace cbuild::image {

struct Services;

/// After this call the process may unpack, mount and run. The second call does nothing. No other
/// thread may be alive but those of the display. @throws Error
void enter_working_namespace(const Services& services);

}  // namespace cbuild::image
