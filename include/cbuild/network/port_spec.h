// Published ports: how docker's -p and --expose write them, and the host's sockets for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::network {

enum class Protocol : std::uint8_t { tcp, udp };

/// "tcp", "udp".
std::string_view to_string(Protocol protocol) noexcept;

/// A port of a container.
struct ContainerPort {
  std::uint16_t port = 0;
  Protocol protocol = Protocol::tcp;

  friend auto operator<=>(const ContainerPort&, const ContainerPort&) = default;
};

/// A port of the host that stands for one of a container.
struct PortMapping {
  std::string host_ip = {};         ///< in numbers, without brackets; empty = all addresses
  std::uint16_t host_port = 0;      ///< 0 = any that is free
  std::uint16_t host_port_end = 0;  ///< the last one to choose from; 0 = host_port alone
  ContainerPort container;

  friend bool operator==(const PortMapping&, const PortMapping&) = default;
};

/// What -p takes: [IP:][HOST]:CONTAINER[/tcp|udp] or CONTAINER[/tcp|udp], where both ports may be
/// ranges of one length (8000-8010:80-90), or the host's alone one to choose from (8000-8010:80).
/// IPv6 stands in brackets. In the order of the ports. Pure.
/// @throws Error (usage) that names the text
std::vector<PortMapping> parse_port_spec(std::string_view text);

/// What --expose and EXPOSE take: 80, 80/udp, 80-90/tcp. Pure.
/// @throws Error (usage) that names the text
std::vector<ContainerPort> parse_expose(std::string_view text);

/// A port of the host that is ours.
struct BoundPort {
  std::uint16_t port = 0;
  /// Non-blocking; TCP listens. One, or two where all addresses were asked for: 0.0.0.0 and [::].
  std::vector<Fd> sockets;
};

/// Binds it in this thread's network namespace, with the rights of the caller. A free port is
/// 32768 or above, as with docker. Connections wait in the queue of the listener until somebody
/// accepts them. Without IPv6 on the host, all addresses are those of IPv4.
/// @throws Error that says which port is in use, or from which one on ports may be bound, with a
/// hint what to write instead; Error (usage) for an address that the host has not
BoundPort bind_port(const PortMapping& mapping);

}  // namespace cbuild::network
