// Addresses of sockets; see endpoint.h.
#include "cbuild/network/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "cbuild/util/error.h"

namespace cbuild::network {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// The first `bits` of an address.
struct Prefix {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;
};

// Source: IANA special-purpose address registries (RFC 6890).
constexpr Prefix kRefusedV4[] = {
    {{0}, 8},                    // this host
    {{127}, 8},                  // loopback
    {{169, 254}, 16},            // link-local: metadata of most clouds
    {{100, 100, 100, 200}, 32},  // metadata of one more cloud
    {{192, 0, 0, 192}, 32},      // and of another
    {{224}, 4},                  // multicast
    {{240}, 4},                  // reserved, broadcast
};
constexpr Prefix kRefusedV6[] = {
    {{}, 96},                        // ::, ::1 and IPv4-compatible addresses
    {{0xfe, 0x80}, 10},              // link-local
    {{0xff}, 8},                     // multicast
    {{0xfd, 0x00, 0x0e, 0xc2}, 32},  // metadata of a cloud
};
// IPv4 in IPv6: mapped (::ffff:0:0/96).
constexpr Prefix kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};

constexpr std::uint8_t kLoopbackV4 = 127;

bool has_prefix(Bytes address, const Prefix& prefix) noexcept {
  const unsigned whole = prefix.bits / 8;
  const unsigned rest = prefix.bits % 8;
  if (!std::equal(address.begin(), address.begin() + whole, prefix.bytes.begin())) return false;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (prefix.bytes[whole] & mask);
}

bool has_one_of(Bytes address, std::span<const Prefix> prefixes) noexcept {
  return std::ranges::any_of(
      prefixes, [address](const Prefix& prefix) { return has_prefix(address, prefix); });
}

}  // namespace

Endpoint::Endpoint() noexcept {
  std::memset(&any_, 0, sizeof any_);
  any_.v4.sin_family = AF_INET;
}

Endpoint::Endpoint(const sockaddr_in& address) noexcept {
  std::memset(&any_, 0, sizeof any_);
  any_.v4.sin_family = AF_INET;
  any_.v4.sin_port = address.sin_port;
  any_.v4.sin_addr = address.sin_addr;
}

Endpoint::Endpoint(const sockaddr_in6& address) noexcept {
  std::memset(&any_, 0, sizeof any_);
  any_.v6.sin6_family = AF_INET6;
  any_.v6.sin6_port = address.sin6_port;
  any_.v6.sin6_addr = address.sin6_addr;
}

std::optional<Endpoint> Endpoint::parse(const std::string& address, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) return Endpoint(v4);
  sockaddr_in6 v6{};
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) return Endpoint(v6);
  return std::nullopt;
}

std::optional<Endpoint> Endpoint::from(const sockaddr_storage& address) noexcept {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return Endpoint(v4);
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return Endpoint(v6);
  }
  return std::nullopt;
}

std::uint16_t Endpoint::port() const noexcept {
  return ntohs(is_v6() ? any_.v6.sin6_port : any_.v4.sin_port);
}

Endpoint Endpoint::with_port(std::uint16_t port) const noexcept {
  Endpoint result = *this;
  (is_v6() ? result.any_.v6.sin6_port : result.any_.v4.sin_port) = htons(port);
  return result;
}

Bytes Endpoint::bytes() const noexcept {
  if (is_v6()) return {any_.v6.sin6_addr.s6_addr, sizeof(in6_addr)};
  return {reinterpret_cast<const std::uint8_t*>(&any_.v4.sin_addr), sizeof(in_addr)};
}

std::string Endpoint::address() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family(), bytes().data(), text, sizeof text);
  return text;
}

std::string Endpoint::to_string() const {
  return is_v6() ? fmt::format("[{}]:{}", address(), port())
                 : fmt::format("{}:{}", address(), port());
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
  return a.family() == b.family() && a.port() == b.port() &&
         std::ranges::equal(a.bytes(), b.bytes());
}

bool operator<(const Endpoint& a, const Endpoint& b) noexcept {
  if (a.family() != b.family()) return a.family() < b.family();
  if (a.port() != b.port()) return a.port() < b.port();
  return std::ranges::lexicographical_compare(a.bytes(), b.bytes());
}

Endpoint loopback_v4(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Endpoint(address).with_port(port);
}

bool is_loopback(const Endpoint& endpoint) noexcept {
  const Bytes address = endpoint.bytes();
  if (!endpoint.is_v6()) return address[0] == kLoopbackV4;
  if (has_prefix(address, kMapped)) return address[kMapped.bits / 8] == kLoopbackV4;
  return std::ranges::equal(address, in6addr_loopback.s6_addr);
}

bool is_reachable(const Endpoint& endpoint) noexcept {
  Bytes address = endpoint.bytes();
  if (!endpoint.is_v6()) return !has_one_of(address, kRefusedV4);
  if (has_prefix(address, kMapped)) return !has_one_of(address.last(sizeof(in_addr)), kRefusedV4);
  return !has_one_of(address, kRefusedV6);
}

}  // namespace cbuild::network
