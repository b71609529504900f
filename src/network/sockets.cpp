// Opens and prepares sockets; see sockets.h.
#include "src/network/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "cbuild/util/error.h"

namespace cbuild::network {

Fd open_socket(int family, int type, int protocol) {
  Fd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!socket) throw SysError("open a socket");
  return socket;
}

void set_flag(const Fd& socket, int level, int option) {
  const int on = 1;
  if (::setsockopt(socket.get(), level, option, &on, sizeof on) != 0)
    throw SysError("set an option of a socket");
}

void set_transparent(const Fd& socket, int family) {
  const bool is_v6 = family == AF_INET6;
  set_flag(socket, is_v6 ? SOL_IPV6 : SOL_IP, is_v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT);
}

void want_destinations(const Fd& socket, int family) {
  const bool is_v6 = family == AF_INET6;
  set_flag(socket, is_v6 ? SOL_IPV6 : SOL_IP, is_v6 ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR);
}

void bind_socket(const Fd& socket, const Endpoint& endpoint) {
  if (::bind(socket.get(), endpoint.data(), endpoint.size()) != 0)
    throw SysError("bind {}", endpoint.to_string());
}

void listen_at(const Fd& socket) {
  if (::listen(socket.get(), SOMAXCONN) != 0) throw SysError("listen at a socket");
}

Endpoint any_address(int family, std::uint16_t port) {
  return *Endpoint::parse(family == AF_INET6 ? "::" : "0.0.0.0", port);
}

Endpoint local_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw SysError("ask for the address of a socket");
  const auto endpoint = Endpoint::from(address);
  if (!endpoint) throw Error("a socket is of another family than IPv4 and IPv6");
  return *endpoint;
}

}  // namespace cbuild::network
