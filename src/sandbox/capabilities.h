// The capabilities that a process in a sandbox keeps.
#pragma once

#include <cstdint>

namespace cbuild::sandbox {

struct Spec;

/// One bit a capability. CAP_NET_RAW only where the network is the sandbox's own.
std::uint64_t kept_capabilities(bool own_network) noexcept;

/// Those that the spec asks for; else as above.
std::uint64_t kept_capabilities(const Spec& spec) noexcept;

/// What of them a step without namespaces keeps: nothing that changes the root, and nothing that
/// this thread lacks.
std::uint64_t kept_capabilities_in_chroot(bool own_network) noexcept;

/// Whether this thread has it in its effective set.
bool has_capability(int capability) noexcept;

/// Takes everything but `kept` out of the bounding set, and all of the ambient set. For the child:
/// neither throws nor allocates. False: errno says why.
bool limit_capabilities(std::uint64_t kept) noexcept;

/// Sets permitted and effective to `kept`, inheritable to nothing. As limit_capabilities.
bool set_capabilities(std::uint64_t kept) noexcept;

}  // namespace cbuild::sandbox
