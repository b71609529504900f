// Makes the namespace and its sockets; see border.h.
//
// Everything is local here: a route of type "local" leads all addresses to loopback, where the
// packets pass the hook "prerouting" as if they had come in, and tproxy finds them a socket. So no
// tun device, no packet copied by a program, and no translation of addresses is needed.
#include "src/network/border.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

#include "src/network/links.h"
#include "src/network/name_space.h"
#include "src/network/netlink.h"
#include "src/network/rules.h"

namespace cbuild::network {

namespace {

constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;

/// connect(2) fails at once, and not only at the border.
NetlinkMessage refuse(const char* subnet) {
  return refuse_subnet(Subnet::parse(subnet));
}

void configure(const Addresses& addresses) {
  std::vector<NetlinkMessage> messages;
  messages.push_back(new_address(kLoopback, addresses.resolver_v4, kBitsV4));
  messages.push_back(new_address(kLoopback, addresses.guest_v4, kBitsV4));
  messages.push_back(local_default_route(addresses.guest_v4));
  messages.push_back(refuse("169.254.0.0/16"));
  if (addresses.guest_v6) {
    messages.push_back(new_address(kLoopback, *addresses.guest_v6, kBitsV6));
    messages.push_back(local_default_route(*addresses.guest_v6));
    messages.push_back(refuse("fe80::/10"));
  }
  NetlinkSocket(NETLINK_ROUTE).transact(std::move(messages), "set up a network namespace");
}

void fill(Border& border) {
  configure(border.addresses);
  border.v4 = open_border(AF_INET);
  const BorderPorts ports = ports_of(border.v4);
  if (border.addresses.guest_v6) border.v6 = open_border(AF_INET6, ports);
  border.dns = open_dns(border.addresses.resolver_v4);
  NetlinkSocket(NETLINK_NETFILTER)
      .transact(border_rules(border.addresses, ports), "set up the rules of a network namespace");
}

}  // namespace

Border make_border(const Addresses& addresses) {
  Border border;
  border.addresses = addresses;
  border.name_space = make_name_space([&] { fill(border); });
  return border;
}

}  // namespace cbuild::network
