// Makes bridges and cables; see group_links.h.
//
// A packet that leaves a network comes in at its bridge. There tproxy hands it to the border, and
// marks it; for marked packets a route of type "local" delivers all addresses as if they were of
// this namespace. The kernel does not forward, and drops packets whose source is not on the other
// side of the bridge (rp_filter), so nothing but sockets leads from one bridge to another.
#include "src/network/group_links.h"

#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/network/links.h"
#include "src/network/name_space.h"
#include "src/network/rules.h"

namespace cbuild::network {

namespace {

constexpr std::uint8_t kBorderTable = 100;
constexpr const char* kSettingRules =
    "set up the rules of a group, which need the kernel modules nf_tables and nft_tproxy";

NetlinkSocket open_filter() {
  return with_context(kSettingRules, [] { return NetlinkSocket(NETLINK_NETFILTER); });
}

/// A namespace begins with the host's values of IPv4, and those of a host of containers forward.
void forward_nothing() {
  if (!write_sysctl("ipv4/ip_forward", "0")) throw SysError("write net.ipv4.ip_forward");
  write_sysctl("ipv6/conf/all/forwarding", "0");
  write_sysctl("ipv4/conf/all/rp_filter", "1");
  // Else the hook would run before the packet has come to the bridge's own address, and tproxy
  // could not give it a socket. Absent where the kernel has no such hook.
  write_sysctl("bridge/bridge-nf-call-iptables", "0");
  write_sysctl("bridge/bridge-nf-call-ip6tables", "0");
}

std::string name_of(const Bridge& bridge) {
  return "br-" + bridge.id;
}

unsigned index_of(const std::string& link) {
  const unsigned index = ::if_nametoindex(link.c_str());
  if (index == 0) throw SysError("find the link {}", link);
  return index;
}

/// Has the kernel act on what it knows of a link now. It does so up to a second later by itself:
/// until then the port of a bridge passes nothing, and the first packets of a container are lost.
/// Source: linkwatch_sync_dev() in net/core/link_watch.c.
void settle(const Fd& socket, const std::string& link) noexcept {
  ethtool_value value{ETHTOOL_GLINK, 0};
  ifreq request{};
  link.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  ::ioctl(socket.get(), SIOCETHTOOL, &request);
}

void set_end_up(const Bridge& bridge, const Attachment& attachment) {
  const unsigned link = index_of(attachment.interface);
  std::vector<NetlinkMessage> messages;
  messages.push_back(new_address(link, attachment.address, bridge.subnet.bits()));
  messages.push_back(link_up(link));
  if (attachment.default_route && !bridge.internal)
    messages.push_back(default_route(bridge.gateway, link));
  NetlinkSocket(NETLINK_ROUTE)
      .transact(std::move(messages), fmt::format("set {} up", attachment.interface));
}

}  // namespace

GroupLinks::GroupLinks()
    : route_(NETLINK_ROUTE), filter_(open_filter()), border_(open_border(AF_INET)) {
  forward_nothing();
  route_.transact({local_default_route_in(kBorderTable), rule_for_mark(kBorderMark, kBorderTable)},
                  "set up the namespace of a group");
  set_rules({});
}

/// `module`: of the kernel, which loads it if it has it.
void GroupLinks::make_link(const NetlinkMessage& message,
                           const char* module,
                           const std::string& name) {
  const std::string doing = fmt::format("make the link {}", name);
  try {
    route_.transact({message}, doing);
  } catch (const SysError& error) {
    if (error.code() != EOPNOTSUPP) throw;
    throw SysError::from_code(EOPNOTSUPP, doing + ", which needs the kernel module " + module);
  }
}

unsigned GroupLinks::add_bridge(const Bridge& bridge) {
  const std::string name = name_of(bridge);
  make_link(new_bridge(name, mac_of(bridge.gateway), bridge.mtu), "bridge", name);
  const unsigned link = index_of(name);
  try {
    route_.transact({new_address(link, bridge.gateway, bridge.subnet.bits())},
                    fmt::format("give {} the address {}", name, bridge.gateway.address()));
  } catch (const Error&) {
    remove_bridge(link);
    throw;
  }
  return link;
}

unsigned GroupLinks::plug(const Bridge& bridge, unsigned link, const Attachment& attachment) {
  VethPair pair;
  pair.name = fmt::format("veth{}", ++last_cable_);
  pair.bridge = link;
  pair.mtu = bridge.mtu;
  pair.peer = attachment.interface;
  pair.peer_name_space = attachment.name_space;
  pair.peer_mac = attachment.mac.value_or(mac_of(attachment.address));
  try {
    make_link(new_veth(pair), "veth", pair.peer);
  } catch (const SysError& error) {
    if (error.code() != EEXIST) throw;
    remover_.finish();  // an interface of this name was unplugged from the container just now
    make_link(new_veth(pair), "veth", pair.peer);
  }
  const unsigned cable = index_of(pair.name);
  try {
    run_inside(attachment.name_space, [&] { set_end_up(bridge, attachment); });
    // The first port makes the bridge a link that works.
    for (const std::string& changed : {pair.name, name_of(bridge)})
      settle(border_.udp, changed);
  } catch (const Error&) {
    remove_link(route_, cable);
    throw;
  }
  return cable;
}

void GroupLinks::remove_bridge(unsigned link) noexcept {
  remove_link(route_, link);
}

void GroupLinks::unplug(unsigned cable) noexcept {
  try {
    route_.transact({link_down(cable)}, "set a link down");
    remover_.add(cable);
  } catch (const std::exception& error) {
    log_debug("network: {}", error.what());  // the other end is gone, and so is this one
  }
}

void GroupLinks::set_rules(const std::vector<BridgeRules>& rules) {
  filter_.transact(group_rules(rules, ports_of(border_)), kSettingRules);
}

}  // namespace cbuild::network
