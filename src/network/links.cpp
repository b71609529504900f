// Builds messages of rtnetlink(7); see links.h.
#include "src/network/links.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

namespace cbuild::network {

namespace {

constexpr std::uint16_t kNew = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

std::span<const std::byte> bytes_of(const Endpoint& endpoint) noexcept {
  return std::as_bytes(endpoint.bytes());
}

ifinfomsg is_up(unsigned index) noexcept {
  return {AF_UNSPEC, 0, 0, static_cast<int>(index), IFF_UP, IFF_UP};
}

NetlinkMessage add_route(int family,
                         std::uint8_t type,
                         unsigned bits,
                         std::uint8_t table = RT_TABLE_MAIN) {
  NetlinkMessage message(RTM_NEWROUTE, kNew);
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(family);
  header.rtm_dst_len = static_cast<std::uint8_t>(bits);
  header.rtm_table = table;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  header.rtm_type = type;
  message.header(header);
  return message;
}

}  // namespace

NetlinkMessage link_up(unsigned index) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_ACK);
  message.header(is_up(index));
  return message;
}

NetlinkMessage link_down(unsigned index) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_ACK);
  message.header(ifinfomsg{AF_UNSPEC, 0, 0, static_cast<int>(index), 0, IFF_UP});
  return message;
}

NetlinkMessage delete_link(unsigned index) {
  NetlinkMessage message(RTM_DELLINK, NLM_F_ACK);
  message.header(ifinfomsg{AF_UNSPEC, 0, 0, static_cast<int>(index), 0, 0});
  return message;
}

NetlinkMessage new_bridge(const std::string& name, const MacAddress& mac, unsigned mtu) {
  NetlinkMessage message(RTM_NEWLINK, kNew);
  message.header(is_up(0));
  message.text(IFLA_IFNAME, name).number(IFLA_MTU, mtu);
  message.attribute(IFLA_ADDRESS, std::as_bytes(std::span(mac)));
  message.nested(IFLA_LINKINFO, [](NetlinkMessage& info) {
    info.text(IFLA_INFO_KIND, "bridge");
    info.nested(IFLA_INFO_DATA, [](NetlinkMessage& data) {
      // Nobody asks for members of multicast groups here: without it all ports get it all.
      constexpr std::uint8_t kOff = 0;
      data.attribute(IFLA_BR_MCAST_SNOOPING, std::as_bytes(std::span(&kOff, 1)));
    });
  });
  return message;
}

NetlinkMessage new_veth(const VethPair& pair) {
  NetlinkMessage message(RTM_NEWLINK, kNew);
  message.header(is_up(0));
  message.text(IFLA_IFNAME, pair.name).number(IFLA_MTU, pair.mtu);
  message.number(IFLA_MASTER, pair.bridge);
  message.nested(IFLA_LINKINFO, [&](NetlinkMessage& info) {
    info.text(IFLA_INFO_KIND, "veth");
    info.nested(IFLA_INFO_DATA, [&](NetlinkMessage& data) {
      data.nested(VETH_INFO_PEER, [&](NetlinkMessage& peer) {
        peer.header(ifinfomsg{});
        peer.text(IFLA_IFNAME, pair.peer).number(IFLA_MTU, pair.mtu);
        peer.attribute(IFLA_ADDRESS, std::as_bytes(std::span(pair.peer_mac)));
        peer.number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_name_space));
      });
    });
  });
  return message;
}

NetlinkMessage new_address(unsigned link, const Endpoint& address, unsigned bits) {
  NetlinkMessage message(RTM_NEWADDR, kNew);
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(address.family());
  header.ifa_prefixlen = static_cast<std::uint8_t>(bits);
  header.ifa_flags = address.is_v6() ? std::uint8_t{IFA_F_NODAD} : std::uint8_t{0};
  header.ifa_index = link;
  message.header(header);
  message.attribute(IFA_LOCAL, bytes_of(address));
  message.attribute(IFA_ADDRESS, bytes_of(address));
  return message;
}

NetlinkMessage local_default_route(const Endpoint& source) {
  NetlinkMessage message = add_route(source.family(), RTN_LOCAL, 0);
  message.number(RTA_OIF, kLoopback);
  message.attribute(RTA_PREFSRC, bytes_of(source));
  return message;
}

NetlinkMessage local_default_route_in(std::uint8_t table) {
  NetlinkMessage message = add_route(AF_INET, RTN_LOCAL, 0, table);
  message.number(RTA_OIF, kLoopback);
  return message;
}

NetlinkMessage rule_for_mark(std::uint32_t mark, std::uint8_t table) {
  NetlinkMessage message(RTM_NEWRULE, kNew);
  fib_rule_hdr header{};
  header.family = AF_INET;
  header.table = table;
  header.action = FR_ACT_TO_TBL;
  message.header(header);
  message.number(FRA_FWMARK, mark);
  return message;
}

NetlinkMessage default_route(const Endpoint& gateway, unsigned link) {
  NetlinkMessage message = add_route(gateway.family(), RTN_UNICAST, 0);
  message.number(RTA_OIF, link);
  message.attribute(RTA_GATEWAY, bytes_of(gateway));
  return message;
}

NetlinkMessage refuse_subnet(const Subnet& subnet) {
  NetlinkMessage message = add_route(subnet.address().family(), RTN_UNREACHABLE, subnet.bits());
  message.attribute(RTA_DST, bytes_of(subnet.address()));
  return message;
}

}  // namespace cbuild::network
