// Chooses addresses that the host does not use; see addresses.h.
#include "src/network/addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"

namespace cbuild::network {

namespace {

// 10.89.0.0/16 is what podman cuts its networks from: a host that has other networks there is rare.
constexpr std::uint32_t kFirstSubnet = 10U << 24 | 89U << 16;
constexpr unsigned kCandidates = 256;
constexpr unsigned kSubnetBits = 24;
constexpr const char* kGuestV6 = "fd89:cb1d::2";
constexpr const char* kSomewhereV6 = "2600::";  // any global address: nothing is sent to it

Endpoint v4(std::uint32_t address) noexcept {
  sockaddr_in result{};
  result.sin_addr.s_addr = htonl(address);
  return Endpoint(result);
}

std::uint32_t number_of(const Endpoint& endpoint) noexcept {
  std::uint32_t number = 0;
  std::memcpy(&number, endpoint.bytes().data(), sizeof number);
  return ntohl(number);
}

bool overlaps(std::uint32_t subnet, const HostSubnet& taken) noexcept {
  if (taken.address.is_v6()) return false;
  const unsigned bits = std::min(taken.bits, kSubnetBits);
  return bits == 0 || ((subnet ^ number_of(taken.address)) >> (32 - bits)) == 0;
}

unsigned bits_of(const sockaddr* mask) noexcept {
  if (mask == nullptr || mask->sa_family != AF_INET) return 32;
  sockaddr_in v4;
  std::memcpy(&v4, mask, sizeof v4);
  return static_cast<unsigned>(std::popcount(v4.sin_addr.s_addr));
}

std::vector<HostSubnet> subnets_of_host() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) throw SysError("list the network interfaces");
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  std::vector<HostSubnet> subnets;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address;
    std::memcpy(&address, at->ifa_addr, sizeof address);
    subnets.push_back({Endpoint(address), bits_of(at->ifa_netmask)});
  }
  return subnets;
}

/// connect(2) of a datagram socket looks for a route, and sends nothing.
bool has_route_v6() {
  const Fd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Endpoint somewhere = *Endpoint::parse(kSomewhereV6, 53);
  return socket && ::connect(socket.get(), somewhere.data(), somewhere.size()) == 0;
}

}  // namespace

Addresses choose_addresses(const std::vector<HostSubnet>& taken, const AddressWishes& wishes) {
  std::uint32_t subnet = kFirstSubnet;
  for (unsigned i = 0; i < kCandidates; ++i) {
    const std::uint32_t candidate = kFirstSubnet + (i << (32 - kSubnetBits));
    const auto is_taken = [&](const HostSubnet& other) { return overlaps(candidate, other); };
    if (std::ranges::any_of(taken, is_taken)) continue;
    subnet = candidate;
    break;
  }
  Addresses addresses;
  addresses.resolver_v4 = v4(subnet + 1);
  addresses.guest_v4 = v4(subnet + 2);
  if (wishes.gateway) addresses.gateway_v4 = v4(subnet + 3);
  if (wishes.v6) addresses.guest_v6 = Endpoint::parse(kGuestV6, 0);
  return addresses;
}

Addresses choose_addresses(bool gateway) {
  return choose_addresses(subnets_of_host(), {.gateway = gateway, .v6 = has_route_v6()});
}

std::optional<Endpoint> target_of(const Addresses& addresses, const Endpoint& asked) noexcept {
  const Endpoint address = asked.with_port(0);
  if (address == addresses.gateway_v4) return v4(INADDR_LOOPBACK).with_port(asked.port());
  const bool is_inside = address == addresses.guest_v4 || address == addresses.resolver_v4 ||
                         address == addresses.guest_v6;
  if (is_inside || !is_reachable(asked)) return std::nullopt;
  return asked;
}

}  // namespace cbuild::network
