// Opens the sockets of a border; see border_sockets.h.
#include "src/network/border_sockets.h"

#include <sys/socket.h>

#include "cbuild/util/error.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kDnsPort = 53;

Fd open_transparent(int family, int type, std::uint16_t port) {
  Fd socket = open_socket(family, type);
  if (family == AF_INET6) set_flag(socket, SOL_IPV6, IPV6_V6ONLY);
  set_transparent(socket, family);
  if (type == SOCK_DGRAM) want_destinations(socket, family);
  bind_socket(socket, any_address(family, port));
  if (type == SOCK_STREAM) listen_at(socket);
  return socket;
}

}  // namespace

BorderSockets open_border(int family, const std::optional<BorderPorts>& ports) {
  return with_context("open the border of a network", [&] {
    return BorderSockets{.tcp = open_transparent(family, SOCK_STREAM, ports ? ports->tcp : 0),
                         .udp = open_transparent(family, SOCK_DGRAM, ports ? ports->udp : 0),
                         .raw = open_socket(family, SOCK_RAW, IPPROTO_RAW)};
  });
}

BorderPorts ports_of(const BorderSockets& sockets) {
  return {.tcp = local_endpoint(sockets.tcp.get()).port(),
          .udp = local_endpoint(sockets.udp.get()).port()};
}

DnsSockets open_dns(const Endpoint& address) {
  return with_context("open the resolver of a network", [&] {
    DnsSockets sockets{.udp = open_socket(address.family(), SOCK_DGRAM),
                       .tcp = open_socket(address.family(), SOCK_STREAM)};
    for (const Fd* socket : {&sockets.udp, &sockets.tcp})
      bind_socket(*socket, address.with_port(kDnsPort));
    listen_at(sockets.tcp);
    return sockets;
  });
}

}  // namespace cbuild::network
