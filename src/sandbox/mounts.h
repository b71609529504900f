// Performs the mounts of a run, in the child.
#pragma once

namespace cbuild::sandbox {

struct Launch;

/// Builds the root file system of `launch` and makes it "/"; leaves with a report when it cannot.
/// Neither throws nor allocates.
void enter_root(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
