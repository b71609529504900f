// Says which packets a private network lets through; see rules.h.
//
// In the language of nft(8):
//
//   table inet cbuild {
//     chain border {
//       type filter hook prerouting priority mangle; policy drop;
//       ip daddr 127.0.0.0/8 accept
//       ip daddr 10.89.0.2 accept
//       ip daddr 10.89.0.1 accept
//       ip6 daddr ::1 accept
//       ip6 daddr fd89:cb1d::2 accept
//       meta l4proto tcp tproxy to :PORT accept
//       meta l4proto udp tproxy to :PORT accept
//     }
//   }
//
// and of a group of containers, with this for each bridge:
//
//       iif BRIDGE ip saddr 10.89.0.7 ip daddr 10.89.0.1 tcp dport != 53 tproxy to :PORT MARK
//       iif BRIDGE ip saddr 10.89.0.7 ip daddr 10.89.0.1 udp dport != 53 tproxy to :PORT MARK
//       iif BRIDGE ip daddr 10.89.0.1 accept
//       iif BRIDGE meta nfproto ipv4 meta l4proto tcp tproxy to :PORT MARK
//       iif BRIDGE meta nfproto ipv4 meta l4proto udp tproxy to :PORT MARK
//
// with "meta mark set 1 accept" for MARK. Where a container answers a client whose address was
// kept, tproxy finds the open connection.
#include "src/network/rules.h"

#include <linux/netfilter.h>
#include <netinet/in.h>

#include <utility>

#include "src/network/addresses.h"
#include "src/network/nft.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kDnsPort = 53;

void deliver(RuleBatch& batch, const Endpoint& destination) {
  batch.add([&](Rule& rule) { rule.destination(destination).accept(); });
}

/// Calls it with the protocol and the port of the border for TCP and for UDP.
template <typename Action>
void for_both(const BorderPorts& ports, Action&& action) {
  action(std::uint8_t{IPPROTO_TCP}, ports.tcp);
  action(std::uint8_t{IPPROTO_UDP}, ports.udp);
}

void add_bridge(RuleBatch& batch, const BridgeRules& bridge, const BorderPorts& ports) {
  for (const Endpoint& user : bridge.gateway_users) {
    for_both(ports, [&](std::uint8_t protocol, std::uint16_t port) {
      batch.add([&](Rule& rule) {
        rule.from_link(bridge.link).source(user).destination(bridge.gateway);
        rule.transport(protocol).not_port(kDnsPort).tproxy(port).mark(kBorderMark).accept();
      });
    });
  }
  batch.add([&](Rule& rule) { rule.from_link(bridge.link).destination(bridge.gateway).accept(); });
  if (bridge.internal) return;
  for_both(ports, [&](std::uint8_t protocol, std::uint16_t port) {
    batch.add([&](Rule& rule) {
      rule.from_link(bridge.link)
          .family(NFPROTO_IPV4)
          .transport(protocol)
          .tproxy(port)
          .mark(kBorderMark)
          .accept();
    });
  });
}

}  // namespace

std::vector<NetlinkMessage> border_rules(const Addresses& addresses, const BorderPorts& ports) {
  RuleBatch batch;
  batch.add([](Rule& rule) { rule.loopback_v4().accept(); });
  deliver(batch, addresses.guest_v4);
  deliver(batch, addresses.resolver_v4);
  deliver(batch, *Endpoint::parse("::1", 0));
  if (addresses.guest_v6) deliver(batch, *addresses.guest_v6);
  for_both(ports, [&](std::uint8_t protocol, std::uint16_t port) {
    batch.add([&](Rule& rule) { rule.transport(protocol).tproxy(port).accept(); });
  });
  return std::move(batch).finish();
}

std::vector<NetlinkMessage> group_rules(const std::vector<BridgeRules>& bridges,
                                        const BorderPorts& ports) {
  RuleBatch batch;
  for (const BridgeRules& bridge : bridges)
    add_bridge(batch, bridge, ports);
  return std::move(batch).finish();
}

}  // namespace cbuild::network
