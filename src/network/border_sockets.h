// The sockets that tproxy hands to a border what leaves a namespace.
#pragma once

#include <optional>

#include "cbuild/util/fd.h"
#include "src/network/rules.h"

namespace cbuild::network {

/// Of one family, all non-blocking. Sockets stay in their namespace whoever uses them, so that a
/// thread with the host's network serves them.
struct BorderSockets {
  /// A transparent listener: a connection that it accepts has the address that the program asked
  /// for as its own.
  Fd tcp;
  /// Transparent too: control messages (IP_ORIGDSTADDR) say where each datagram was sent.
  Fd udp;
  /// For datagrams with a header of ours: answers come from the address that was asked.
  Fd raw;
};

/// In the namespace of this thread. @param ports  of free choice when absent
/// @throws SysError
BorderSockets open_border(int family, const std::optional<BorderPorts>& ports = std::nullopt);

/// Where they listen. @throws SysError
BorderPorts ports_of(const BorderSockets& sockets);

/// The sockets of a resolver, at port 53.
struct DnsSockets {
  Fd udp;
  Fd tcp;
};

/// In the namespace of this thread. @throws SysError
DnsSockets open_dns(const Endpoint& address);

}  // namespace cbuild::network
