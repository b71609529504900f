// The rules of nftables that lead what leaves a private network to the sockets at its border.
#pragma once

#include <cstdint>
#include <vector>

#include "src/network/netlink.h"

namespace cbuild::network {

struct Addresses;

/// Ports where the transparent sockets of the border listen, for IPv4 and IPv6 alike.
struct BorderPorts {
  std::uint16_t tcp = 0;
  std::uint16_t udp = 0;
};

/// One batch for a netlink socket of NETLINK_NETFILTER: packets to loopback and to the network's
/// own addresses are delivered, TCP and UDP to other addresses are handed to the border (tproxy),
/// everything else is dropped. Pure.
std::vector<NetlinkMessage> border_rules(const Addresses& addresses, const BorderPorts& ports);

}  // namespace cbuild::network
