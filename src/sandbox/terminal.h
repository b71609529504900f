// The pseudo-terminal of a sandbox: opened inside, sent to the parent with SCM_RIGHTS.
#pragma once

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

struct Descriptors;
struct Launch;
struct Terminal;

/// Makes it in the sandbox's /dev/pts, sends the master through `launch.terminal_channel` and
/// returns the other side, for all three streams. For the init: neither throws nor allocates;
/// leaves with a report when it cannot.
Descriptors open_terminal(const Launch& launch, const Terminal& terminal) noexcept;

/// Waits for the master. Empty: the init ended before it sent one. For the parent.
Fd receive_terminal(const Fd& channel);

}  // namespace cbuild::sandbox
