// The network namespace of a run.
#pragma once

namespace cbuild::sandbox {

/// Switches the loopback interface of this network namespace on. For the child: neither throws nor
/// allocates. False: errno says why.
bool bring_loopback_up() noexcept;

}  // namespace cbuild::sandbox
