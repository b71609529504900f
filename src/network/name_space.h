// Network namespaces, and threads that are in one for a moment.
#pragma once

#include <functional>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::network {

/// Makes a network namespace with loopback and calls `fill` on a thread in it that ends; no other
/// thread changes. Programs in it may use low ports and ping(8) without being root, as in docker,
/// where the kernel lets them.
/// @return its descriptor, for setns(2)
/// @pre this process has CAP_SYS_ADMIN and CAP_NET_ADMIN in its user namespace
/// @throws SysError, and what `fill` throws
Fd make_name_space(const std::function<void()>& fill);

/// Calls `action` on a thread in the namespace, and waits for it.
/// @throws SysError, and what `action` throws
void run_inside(int name_space, const std::function<void()>& action);

/// Moves this thread into the namespace. @throws SysError
void enter_name_space(int name_space);

/// Writes a sysctl of this thread's namespace ("ipv4/ip_forward" is net.ipv4.ip_forward).
/// @return false when the kernel has none of that name, or refuses the value
bool write_sysctl(std::string_view name, std::string_view value) noexcept;

}  // namespace cbuild::network
