// The address and port of a socket, and which of them a private network reaches.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace cbuild::network {

/// An IPv4 or IPv6 address with a port. A value; 0.0.0.0:0 when it is made.
class Endpoint {
 public:
  Endpoint() noexcept;
  explicit Endpoint(const sockaddr_in& address) noexcept;
  explicit Endpoint(const sockaddr_in6& address) noexcept;

  /// From numbers ("192.0.2.1", "2001:db8::1"); absent for anything else.
  static std::optional<Endpoint> parse(const std::string& address, std::uint16_t port);

  /// From what the kernel wrote; absent for another family.
  static std::optional<Endpoint> from(const sockaddr_storage& address) noexcept;

  bool is_v6() const noexcept { return family() == AF_INET6; }

  int family() const noexcept { return any_.family.sa_family; }

  std::uint16_t port() const noexcept;

  /// The same address with another port.
  Endpoint with_port(std::uint16_t port) const noexcept;

  /// The bytes of the address: 4 or 16.
  std::span<const std::uint8_t> bytes() const noexcept;

  /// For bind(2), connect(2) and sendto(2).
  const sockaddr* data() const noexcept { return &any_.family; }

  socklen_t size() const noexcept { return is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

  /// "192.0.2.1", "2001:db8::1".
  std::string address() const;
  /// "192.0.2.1:80", "[2001:db8::1]:80".
  std::string to_string() const;

  friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;
  friend bool operator<(const Endpoint& a, const Endpoint& b) noexcept;

 private:
  union {
    sockaddr family;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } any_;
};

/// 127.0.0.1.
Endpoint loopback_v4(std::uint16_t port) noexcept;

/// 127.0.0.0/8, ::1, and both written as IPv6 (::ffff:127.0.0.1). Pure.
bool is_loopback(const Endpoint& endpoint) noexcept;

/// Whether programs in a private network may reach the address on the host's side: all unicast
/// addresses but loopback, link-local ones (the metadata service of a cloud among them), and those
/// that mean "this host". IPv4 addresses written as IPv6 (::ffff:0:0/96) count as what they are.
/// Pure.
bool is_reachable(const Endpoint& endpoint) noexcept;

}  // namespace cbuild::network
