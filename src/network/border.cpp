// Makes the namespace and its sockets; see border.h.
//
// Everything is local here: a route of type "local" leads all addresses to loopback, where the
// packets pass the hook "prerouting" as if they had come in, and tproxy finds them a socket. So no
// tun device, no packet copied by a program, and no translation of addresses is needed.
#include "src/network/border.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "src/network/netlink.h"
#include "src/network/rules.h"

namespace cbuild::network {

namespace {

constexpr unsigned kLoopback = 1;  // the index of lo, which every namespace has first
constexpr std::uint16_t kDnsPort = 53;
constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;

std::span<const std::byte> address_of(const Endpoint& endpoint) noexcept {
  return std::as_bytes(endpoint.bytes());
}

NetlinkMessage bring_up() {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_ACK);
  message.header(ifinfomsg{AF_UNSPEC, 0, 0, kLoopback, IFF_UP, IFF_UP});
  return message;
}

NetlinkMessage add_address(const Endpoint& endpoint) {
  NetlinkMessage message(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(endpoint.family());
  header.ifa_prefixlen = endpoint.is_v6() ? kBitsV6 : kBitsV4;
  header.ifa_flags = endpoint.is_v6() ? std::uint8_t{IFA_F_NODAD} : std::uint8_t{0};
  header.ifa_index = kLoopback;
  message.header(header);
  message.attribute(IFA_LOCAL, address_of(endpoint));
  message.attribute(IFA_ADDRESS, address_of(endpoint));
  return message;
}

NetlinkMessage add_route(int family, std::uint8_t type, std::uint8_t bits) {
  NetlinkMessage message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(family);
  header.rtm_dst_len = bits;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  header.rtm_type = type;
  message.header(header);
  return message;
}

NetlinkMessage add_default_route(const Endpoint& source) {
  NetlinkMessage message = add_route(source.family(), RTN_LOCAL, 0);
  message.number(RTA_OIF, kLoopback);
  message.attribute(RTA_PREFSRC, address_of(source));
  return message;
}

/// connect(2) fails at once, and not only at the border.
NetlinkMessage refuse_subnet(const char* address, std::uint8_t bits) {
  const Endpoint subnet = *Endpoint::parse(address, 0);
  NetlinkMessage message = add_route(subnet.family(), RTN_UNREACHABLE, bits);
  message.attribute(RTA_DST, address_of(subnet));
  return message;
}

void configure(const Addresses& addresses) {
  std::vector<NetlinkMessage> messages;
  messages.push_back(bring_up());
  messages.push_back(add_address(addresses.resolver_v4));
  messages.push_back(add_address(addresses.guest_v4));
  messages.push_back(add_default_route(addresses.guest_v4));
  messages.push_back(refuse_subnet("169.254.0.0", 16));
  if (addresses.guest_v6) {
    messages.push_back(add_address(*addresses.guest_v6));
    messages.push_back(add_default_route(*addresses.guest_v6));
    messages.push_back(refuse_subnet("fe80::", 10));
  }
  NetlinkSocket(NETLINK_ROUTE).transact(std::move(messages), "set up a network namespace");
}

/// As in docker: programs that are not root may use low ports. Best effort.
void allow_low_ports() {
  const Fd file(::open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC));
  if (file) (void)!::write(file.get(), "0", 1);
}

void set_option(const Fd& socket, int level, int name) {
  const int on = 1;
  if (::setsockopt(socket.get(), level, name, &on, sizeof on) != 0)
    throw SysError("prepare a socket at the border of a network");
}

Fd make_socket(int family, int type, int protocol = 0) {
  Fd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!socket) throw SysError("open a socket at the border of a network");
  return socket;
}

void bind_to(const Fd& socket, const Endpoint& endpoint) {
  if (::bind(socket.get(), endpoint.data(), endpoint.size()) != 0)
    throw SysError("bind a socket at the border of a network");
}

Endpoint any_address(int family, std::uint16_t port) {
  return *Endpoint::parse(family == AF_INET6 ? "::" : "0.0.0.0", port);
}

std::uint16_t port_of(const Fd& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw SysError("ask for the port of a socket");
  return Endpoint::from(address)->port();
}

/// `port` 0: one that is free.
Fd make_transparent(int family, int type, std::uint16_t port) {
  Fd socket = make_socket(family, type);
  const bool is_v6 = family == AF_INET6;
  if (is_v6) set_option(socket, SOL_IPV6, IPV6_V6ONLY);
  set_option(socket, is_v6 ? SOL_IPV6 : SOL_IP, is_v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT);
  if (type == SOCK_DGRAM)
    set_option(socket, is_v6 ? SOL_IPV6 : SOL_IP,
               is_v6 ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR);
  bind_to(socket, any_address(family, port));
  return socket;
}

void listen_on(const Fd& socket) {
  if (::listen(socket.get(), SOMAXCONN) != 0) throw SysError("listen at the border of a network");
}

void open_sockets(Border& border) {
  border.tcp_v4 = make_transparent(AF_INET, SOCK_STREAM, 0);
  border.udp_v4 = make_transparent(AF_INET, SOCK_DGRAM, 0);
  const BorderPorts ports{port_of(border.tcp_v4), port_of(border.udp_v4)};
  border.raw_v4 = make_socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (border.addresses.guest_v6) {
    border.tcp_v6 = make_transparent(AF_INET6, SOCK_STREAM, ports.tcp);
    border.udp_v6 = make_transparent(AF_INET6, SOCK_DGRAM, ports.udp);
    border.raw_v6 = make_socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    listen_on(border.tcp_v6);
  }
  listen_on(border.tcp_v4);
  const Endpoint resolver = border.addresses.resolver_v4.with_port(kDnsPort);
  border.dns_udp = make_socket(AF_INET, SOCK_DGRAM);
  bind_to(border.dns_udp, resolver);
  border.dns_tcp = make_socket(AF_INET, SOCK_STREAM);
  bind_to(border.dns_tcp, resolver);
  listen_on(border.dns_tcp);
  NetlinkSocket(NETLINK_NETFILTER)
      .transact(border_rules(border.addresses, ports), "set up the rules of a network namespace");
}

void enter_and_fill(Border& border) {
  if (::unshare(CLONE_NEWNET) != 0) throw SysError("make a network namespace");
  border.name_space = open_file("/proc/thread-self/ns/net", O_RDONLY);
  // Each step joins it with setns(2), which a seccomp profile may refuse where it permits
  // unshare(2).
  if (::setns(border.name_space.get(), CLONE_NEWNET) != 0)
    throw SysError("join a network namespace");
  configure(border.addresses);
  allow_low_ports();
  open_sockets(border);
}

}  // namespace

Border make_border(const Addresses& addresses) {
  Border border;
  border.addresses = addresses;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      enter_and_fill(border);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return border;
}

}  // namespace cbuild::network
