// Chooses addresses that the host does not use; see addresses.h.
#include "src/network/addresses.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "cbuild/util/fd.h"

namespace cbuild::network {

namespace {

constexpr const char* kGuestV6 = "fd89:cb1d::2";
constexpr const char* kSomewhereV6 = "2600::";  // any global address: nothing is sent to it

/// connect(2) of a datagram socket looks for a route, and sends nothing.
bool has_route_v6() {
  const Fd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Endpoint somewhere = *Endpoint::parse(kSomewhereV6, 53);
  return socket && ::connect(socket.get(), somewhere.data(), somewhere.size()) == 0;
}

}  // namespace

Addresses choose_addresses(const std::vector<Subnet>& taken, const AddressWishes& wishes) {
  const Subnet subnet = choose_subnet({}, taken).value_or(*choose_subnet({}, {}));
  Addresses addresses;
  addresses.resolver_v4 = *subnet.host(1);
  addresses.guest_v4 = *subnet.host(2);
  if (wishes.gateway) addresses.gateway_v4 = subnet.host(3);
  if (wishes.v6) addresses.guest_v6 = Endpoint::parse(kGuestV6, 0);
  return addresses;
}

Addresses choose_addresses(bool gateway) {
  return choose_addresses(host_subnets(), {.gateway = gateway, .v6 = has_route_v6()});
}

std::optional<Endpoint> target_of(const Addresses& addresses, const Endpoint& asked) noexcept {
  const Endpoint address = asked.with_port(0);
  if (address == addresses.gateway_v4) return loopback_v4(asked.port());
  const bool is_inside = address == addresses.guest_v4 || address == addresses.resolver_v4 ||
                         address == addresses.guest_v6;
  if (is_inside || !is_reachable(asked)) return std::nullopt;
  return asked;
}

}  // namespace cbuild::network
