// Landlock scopes: they keep a step from the signals and abstract sockets of the host.
#pragma once

namespace cbuild::sandbox {

/// Whether this kernel can confine signals and abstract sockets (landlock ABI 6, Linux 6.12).
/// Asked once.  Thread-safe.
bool landlock_has_scopes() noexcept;

/// From now on this process and its children connect to no abstract unix socket and signal no
/// process outside of this domain. Files and mounts stay as they are. Needs CAP_SYS_ADMIN, for
/// no_new_privs stays off. For the child: neither throws nor allocates. False: errno says why.
/// @pre landlock_has_scopes()
bool confine_to_scopes() noexcept;

}  // namespace cbuild::sandbox
