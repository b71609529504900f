// The rules of nftables that lead what leaves a private network to the sockets at its border.
#pragma once

#include <cstdint>
#include <vector>

#include "cbuild/network/endpoint.h"
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

/// What group_rules() marks packets with that go to the border: their route has to be a local one.
inline constexpr std::uint32_t kBorderMark = 1;

/// What the rules of a group's namespace know of one bridge.
struct BridgeRules {
  unsigned link = 0;  ///< index
  Endpoint gateway;
  bool internal = false;                ///< nothing gets out
  std::vector<Endpoint> gateway_users;  ///< who reaches the host's loopback by the gateway
};

/// The same for a group: packets from a bridge to its gateway are delivered, but those of its users
/// to other ports than 53 go to the border. Where the network is not internal, TCP and UDP to other
/// addresses go there, too. Everything else is dropped. Replaces the former rules. Pure.
std::vector<NetlinkMessage> group_rules(const std::vector<BridgeRules>& bridges,
                                        const BorderPorts& ports);

}  // namespace cbuild::network
