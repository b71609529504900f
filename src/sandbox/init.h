// The init of a sandbox: pid 1 in the new namespaces.
#pragma once

#include "src/sandbox/launch.h"

namespace cbuild::sandbox {

/// The child's main function: sets the sandbox up, starts the process, reaps until it ends, leaves.
/// Neither throws nor allocates.
[[noreturn]] void run_init(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
