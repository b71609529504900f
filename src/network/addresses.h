// The addresses inside a private network.
#pragma once

#include <optional>
#include <vector>

#include "cbuild/network/endpoint.h"
#include "cbuild/network/subnet.h"

namespace cbuild::network {

/// Port 0 everywhere. All but the gateway are on loopback: programs, resolver and border share one
/// namespace.
struct Addresses {
  Endpoint guest_v4;     ///< source address of programs
  Endpoint resolver_v4;  ///< of the resolver
  /// Stands for loopback of the host; absent when programs must not reach it.
  std::optional<Endpoint> gateway_v4;
  std::optional<Endpoint> guest_v6;  ///< absent when the host reaches nothing by IPv6
};

/// What a private network is to have.
struct AddressWishes {
  bool gateway = false;
  bool v6 = false;
};

/// Addresses in a /24 that none of the subnets overlaps; in the first one when all are taken, for
/// they are used in the namespace only. Pure.
Addresses choose_addresses(const std::vector<Subnet>& taken, const AddressWishes& wishes);

/// The same for this host, seen from this thread's network namespace. @throws SysError
Addresses choose_addresses(bool gateway);

/// What a program that asks for `asked` is connected to on the host's side; absent when it must not
/// reach it (see is_reachable()), or when that is an address of the private network itself. Pure.
std::optional<Endpoint> target_of(const Addresses& addresses, const Endpoint& asked) noexcept;

}  // namespace cbuild::network
