// Calls on sockets that throw.
#pragma once

#include <cstdint>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/fd.h"

namespace cbuild::network {

/// Non-blocking, in the network namespace of this thread. @throws SysError
Fd open_socket(int family, int type, int protocol = 0);

/// Sets an option to 1. @throws SysError
void set_flag(const Fd& socket, int level, int option);

/// Lets the socket have addresses that are not of its namespace. @throws SysError
void set_transparent(const Fd& socket, int family);

/// Has control messages say where a datagram was sent. @throws SysError
void want_destinations(const Fd& socket, int family);

/// @throws SysError
void bind_socket(const Fd& socket, const Endpoint& endpoint);
/// @throws SysError
void listen_at(const Fd& socket);

/// 0.0.0.0 or [::].
Endpoint any_address(int family, std::uint16_t port);

/// The address that a socket is bound to. @throws SysError
Endpoint local_endpoint(int socket);

}  // namespace cbuild::network
