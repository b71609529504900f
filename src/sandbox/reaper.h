// What the init of a sandbox does while the step runs.
#pragma once

#include <sys/types.h>

#include "child.h"

namespace cbuild::sandbox {

/// Reaps what ends until `process` does, or until a watched step has as many processes as it may
/// have; the report says which. Neither throws nor allocates.  @pre SIGCHLD is blocked
void reap_until_end(pid_t process, Launch& launch) noexcept;

}  // namespace cbuild::sandbox
