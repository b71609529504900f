// Enters the network namespace of a sandbox.
#pragma once

#include "cbuild/sandbox/network.h"

namespace cbuild::sandbox {

/// Whether it is another namespace than the caller's.
bool is_own_network(const Network& network) noexcept;

/// Joins a namespace; brings loopback of a new one up, which the clone has made.
/// @return what failed (errno says why); null when nothing did. For the child: neither throws nor
/// allocates.
const char* enter_network(const Network& network) noexcept;

}  // namespace cbuild::sandbox
