// PR_SET_PDEATHSIG: the kernel kills an init when the thread that started it exits.
#pragma once

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

struct Report;

/// Tells the parent that the signal is set. For the child: neither throws nor allocates.
void announce_parent_death_signal(Report& report) noexcept;

/// Returns when the signal is set, or the child has ended: no signal is sent for a thread that
/// exits before. For the parent.
void await_parent_death_signal(const Report& report, const Fd& pidfd) noexcept;

}  // namespace cbuild::sandbox
