// PR_SET_PDEATHSIG: the kernel kills an init when the thread that started it exits.
#pragma once

namespace cbuild::sandbox {

struct Launch;
struct Report;

/// Has this process killed when the parent's thread exits. Leaves when the parent process is gone
/// already: it may have died before this call. For the child: neither throws nor allocates.
/// @param parent  pidfd
void die_with_parent(const Launch& launch, int parent) noexcept;

/// Tells the parent that the signal is set. For the child: neither throws nor allocates.
void announce_parent_death_signal(Report& report) noexcept;

/// Returns when the signal is set, or the child has ended: no signal is sent for a thread that
/// exits before. For the parent.
void await_parent_death_signal(const Report& report, int pidfd) noexcept;

}  // namespace cbuild::sandbox
