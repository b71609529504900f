// A network namespace whose only way out are sockets of this process.
#pragma once

#include "cbuild/util/fd.h"
#include "src/network/addresses.h"

namespace cbuild::network {

/// The namespace and the sockets in it, all non-blocking. Sockets stay in their namespace whoever
/// uses them, so that a thread with the host's network serves them.
struct Border {
  Addresses addresses;
  Fd name_space;  ///< of /proc/PID/ns/net
  /// Transparent listeners: a connection that they accept has the address that the program asked
  /// for as its own. IPv6 is empty when the network has none.
  Fd tcp_v4;
  Fd tcp_v6;
  /// Transparent too: control messages (IP_ORIGDSTADDR) say where each datagram was sent.
  Fd udp_v4;
  Fd udp_v6;
  /// For datagrams with a header of ours: answers come from the address that was asked.
  Fd raw_v4;
  Fd raw_v6;
  Fd dns_udp;  ///< port 53 of the resolver's address
  Fd dns_tcp;
};

/// Makes a namespace with loopback, `addresses` on it, all unicast routes leading to loopback, and
/// rules that hand what is not of the namespace to the border. A thread of its own enters the
/// namespace and ends; no other thread changes.
/// @pre this process has CAP_SYS_ADMIN and CAP_NET_ADMIN in its user namespace
/// @throws SysError naming what this machine lacks
Border make_border(const Addresses& addresses);

}  // namespace cbuild::network
