// The network namespace that a process of a sandbox gets.
#pragma once

#include <variant>

namespace cbuild::sandbox {

/// The network namespace of the caller.
struct HostNetwork {};

/// A new network namespace whose only interface is loopback, switched on.
struct NoNetwork {};

/// An existing network namespace, which is left as it is.
struct JoinNetwork {
  int namespace_fd;  ///< of /proc/PID/ns/net; borrowed until start() returns. The namespace must
                     ///< have been made in the user namespace of the caller.
};

using Network = std::variant<HostNetwork, NoNetwork, JoinNetwork>;

}  // namespace cbuild::sandbox
