// Landlock: scopes keep a step from the signals and abstract sockets of the host, and rules from
// files outside of its root.
#pragma once

#include <cstdint>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// Whether this kernel can confine signals and abstract sockets (landlock ABI 6, Linux 6.12).
/// Asked once.  Thread-safe.
bool landlock_has_scopes() noexcept;

inline constexpr std::uint64_t kScopeAbstractUnixSocket = 1U << 0;
inline constexpr std::uint64_t kScopeSignal = 1U << 1;

/// From now on this process and its children connect to no abstract unix socket and signal no
/// process outside of this domain, as `scopes` says. Files and mounts stay as they are. Needs
/// CAP_SYS_ADMIN or no_new_privs. For the child: neither throws nor allocates. False: errno says
/// why.
/// @pre landlock_has_scopes()
bool confine_to_scopes(std::uint64_t scopes) noexcept;

/// A ruleset with all rights on files beneath `root` and none on others, and with the scopes where
/// the kernel has them. Empty where the kernel cannot do it (ABI 2, Linux 5.19).  @throws SysError
Fd landlock_of_root(int root);

/// A ruleset with the scopes alone, to which landlock_of_root() can be added: in a stack of domains
/// each has to allow renames between directories (REFER).
/// @pre landlock_has_scopes()  @throws SysError
Fd landlock_of_scopes();

/// As confine_to_scopes(), with a ruleset.
bool confine_to(int ruleset) noexcept;

}  // namespace cbuild::sandbox
