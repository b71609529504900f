// Which sysctls a sandbox may have, and where they are.
#pragma once

#include <string>
#include <string_view>

namespace cbuild::sandbox {

/// The namespace that a sysctl belongs to; `none`: to the machine, or to nothing that is known.
enum class SysctlNamespace { none, network, ipc };

/// By docker's list: net.*, fs.mqueue.*, and what limits shared memory, messages and semaphores.
/// Pure.
SysctlNamespace namespace_of_sysctl(std::string_view name) noexcept;

/// "/proc/sys/net/ipv4/ip_forward". Pure.
std::string sysctl_path(std::string_view name);

}  // namespace cbuild::sandbox
