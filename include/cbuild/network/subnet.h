// Ranges of addresses, and the choice of one that nobody uses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

/// The addresses of one family that have their first bits in common. A value. All functions are
/// pure. Ports of endpoints are ignored; those that are returned have port 0.
class Subnet {
 public:
  /// The subnet of these first bits of an address; the further ones count as 0.
  /// @pre bits <= 32 (IPv4) or 128 (IPv6)
  Subnet(const Endpoint& address, unsigned bits) noexcept;

  /// "10.89.0.0/24", "fd00:1::/64". @throws Error (usage) for anything else, a bit beyond the
  /// prefix that is not 0 among it.
  static Subnet parse(std::string_view text);

  /// The lowest address.
  const Endpoint& address() const noexcept { return address_; }

  unsigned bits() const noexcept { return bits_; }

  bool contains(const Endpoint& address) const noexcept;

  /// Whether an address is in both.
  bool overlaps(const Subnet& other) const noexcept;

  /// The address `number` above the lowest one: 1 is the first that a host can have. Absent beyond
  /// the end, and for the last address of IPv4, which is broadcast.
  std::optional<Endpoint> host(std::uint64_t number) const noexcept;

  /// "10.89.0.0/24".
  std::string to_string() const;

  friend bool operator==(const Subnet&, const Subnet&) noexcept = default;

 private:
  Endpoint address_;
  unsigned bits_;
};

/// What the host reaches without its default route, seen from this thread's network namespace: the
/// subnets of its interfaces and of its routes (IPv4). Routes of fewer than 8 bits count as default
/// routes, for such is what a VPN replaces one by. @throws SysError
std::vector<Subnet> host_subnets();

/// The first /24 of IPv4 that overlaps none of both lists: of 10.89.0.0/16 to 10.255.0.0/16, then
/// 172.16.0.0/12, then 192.168.0.0/16; absent when there is none. Pure.
std::optional<Subnet> choose_subnet(std::span<const Subnet> taken, std::span<const Subnet> host);

/// The first address of a host that is not in `used`; absent when all are used. Pure.
std::optional<Endpoint> choose_address(const Subnet& subnet, std::span<const Endpoint> used);

/// Six bytes, in the order they are written.
using MacAddress = std::array<std::uint8_t, 6>;

/// 02:42 and the four bytes of the address, as in docker. Pure. @pre IPv4
MacAddress mac_of(const Endpoint& address) noexcept;

/// "92:d0:c6:0a:29:33" or with '-'. Pure. @throws Error (usage), also for a multicast address
MacAddress parse_mac(std::string_view text);

/// "02:42:0a:59:00:02". Pure.
std::string to_string(const MacAddress& address);

}  // namespace cbuild::network
