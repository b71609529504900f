// The init of a sandbox: pid 1 in the new namespaces.
#pragma once

namespace cbuild::sandbox {

struct Launch;

/// The child's main function: sets the sandbox up, starts the process, reaps until it ends, leaves.
/// Neither throws nor allocates.
[[noreturn]] void run_init(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
