// The loop of the init of a sandbox: reaps children and passes signals on.
#pragma once

#include <sys/types.h>

namespace cbuild::sandbox {

class Descendants;
struct Launch;

/// Why the loop ended.
enum class End { process_ended, killed, parent_gone };

/// The signal that carries others: its value (sigqueue(3)) is the number of the one that the
/// process is to get. So SIGSTOP and SIGCHLD of the init stay its own.
int forwarding_signal() noexcept;

/// Reaps what ends, and passes signals on, until `process` does, or until a watched step has as
/// many processes as it may have; the report says which. Without a pid namespace also until the
/// parent asks for the end by SIGKILL as the signal to be passed on, or is gone (SIGTERM by
/// PR_SET_PDEATHSIG). Neither throws nor allocates.
/// @param descendants of this process, where there is no pid namespace; else null
/// @pre all signals are blocked
End reap_until_end(pid_t process, Launch& launch, Descendants* descendants) noexcept;

}  // namespace cbuild::sandbox
