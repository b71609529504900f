// The loop of the init of a sandbox: reaps children and passes signals on.
#pragma once

#include <sys/types.h>

namespace cbuild::sandbox {

struct Launch;

/// The signal that carries others: its value (sigqueue(3)) is the number of the one that the
/// process is to get. So SIGSTOP and SIGCHLD of the init stay its own.
int forwarding_signal() noexcept;

/// Reaps what ends, and passes signals on, until `process` does, or until a watched step has as
/// many processes as it may have; the report says which. Neither throws nor allocates.  @pre all
/// signals are blocked
void reap_until_end(pid_t process, Launch& launch) noexcept;

}  // namespace cbuild::sandbox
