// Messages of rtnetlink(7): links, addresses, routes. All functions are pure.
#pragma once

#include <cstdint>
#include <string>

#include "cbuild/network/endpoint.h"
#include "cbuild/network/subnet.h"
#include "src/network/netlink.h"

namespace cbuild::network {

/// The index of lo, which every namespace has first.
inline constexpr unsigned kLoopback = 1;

NetlinkMessage link_up(unsigned index);

NetlinkMessage link_down(unsigned index);

NetlinkMessage delete_link(unsigned index);

/// A bridge that is up. Without an address of its own it would change it with each link that joins.
NetlinkMessage new_bridge(const std::string& name, const MacAddress& mac, unsigned mtu);

/// Two links that are one cable: `name` in the namespace of the socket, `peer` in another one.
struct VethPair {
  std::string name;     ///< is up, and a port of `bridge`
  unsigned bridge = 0;  ///< index
  unsigned mtu = 0;     ///< of both
  std::string peer;
  int peer_name_space = -1;
  MacAddress peer_mac{};
};

NetlinkMessage new_veth(const VethPair& pair);

/// `bits`: of the subnet that is reached by the link.
NetlinkMessage new_address(unsigned link, const Endpoint& address, unsigned bits);

/// Leads all addresses to loopback of the namespace, as if they were its own.
/// @param source  the address that programs of the namespace get
NetlinkMessage local_default_route(const Endpoint& source);

/// The same for the packets of IPv4 with this mark alone: a table of routes, and the rule that
/// leads to it.
NetlinkMessage local_default_route_in(std::uint8_t table);
NetlinkMessage rule_for_mark(std::uint32_t mark, std::uint8_t table);

NetlinkMessage default_route(const Endpoint& gateway, unsigned link);

/// connect(2) to the subnet fails at once.
NetlinkMessage refuse_subnet(const Subnet& subnet);

}  // namespace cbuild::network
