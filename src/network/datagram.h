// Datagrams of UDP with the headers that they travel with.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace cbuild::network {

class Endpoint;

/// The packet of a datagram from `from` to `to`, both of one family: header of IP, header of UDP
/// with its checksum, payload. For a raw socket (IPPROTO_RAW). Source: RFC 791, 768, 8200. Pure.
/// @pre the payload fits: 65507 bytes
std::vector<std::byte> udp_packet(const Endpoint& from,
                                  const Endpoint& to,
                                  std::span<const std::byte> payload);

}  // namespace cbuild::network
