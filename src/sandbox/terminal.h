// The pseudo-terminal of a sandbox: opened inside, sent to the parent with SCM_RIGHTS.
#pragma once

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

enum class Wait;

struct Descriptors;
struct Launch;
struct Terminal;

/// Makes it in the sandbox's /dev/pts, sends the master through `launch.channel` and
/// returns the other side, for all three streams. For the init: neither throws nor allocates;
/// leaves with a report when it cannot.
Descriptors open_terminal(const Launch& launch, const Terminal& terminal) noexcept;

/// The master. Empty: the process ended before it sent one, or, if it shall not wait, has not sent
/// it yet. For the parent.
Fd receive_terminal(const Fd& channel, Wait wait);

}  // namespace cbuild::sandbox
