// A network namespace whose only way out are sockets of this process.
#pragma once

#include "cbuild/util/fd.h"
#include "src/network/addresses.h"
#include "src/network/border_sockets.h"

namespace cbuild::network {

/// The namespace and the sockets in it.
struct Border {
  Addresses addresses;
  Fd name_space;  ///< of /proc/PID/ns/net
  BorderSockets v4;
  BorderSockets v6;  ///< empty when the network has no IPv6
  DnsSockets dns;    ///< at the resolver's address
};

/// Makes a namespace with loopback, `addresses` on it, all unicast routes leading to loopback, and
/// rules that hand what is not of the namespace to the border. A thread of its own enters the
/// namespace and ends; no other thread changes.
/// @pre this process has CAP_SYS_ADMIN and CAP_NET_ADMIN in its user namespace
/// @throws SysError naming what this machine lacks
Border make_border(const Addresses& addresses);

}  // namespace cbuild::network
