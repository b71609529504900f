// Rules of packets of UDP: headers, lengths, checksums.
#include "src/network/datagram.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

namespace {

Endpoint at(const char* address, std::uint16_t port) {
  return Endpoint::parse(address, port).value();
}

std::vector<unsigned> packet(const Endpoint& from, const Endpoint& to, std::string_view payload) {
  std::vector<unsigned> bytes;
  for (const std::byte byte : udp_packet(from, to, std::as_bytes(std::span(payload))))
    bytes.push_back(static_cast<unsigned>(byte));
  return bytes;
}

/// The sum of a receiver (RFC 1071): 0xffff when the checksum in it is right.
unsigned sum(const std::vector<unsigned>& bytes, std::size_t begin, std::size_t end) {
  unsigned total = 0;
  for (std::size_t i = begin; i < end; i += 2)
    total += bytes[i] << 8 | (i + 1 < end ? bytes[i + 1] : 0);
  while (total > 0xffff)
    total = (total & 0xffff) + (total >> 16);
  return total;
}

}  // namespace

TEST_CASE("a datagram of IPv4 has the addresses, ports, lengths and checksums of its headers") {
  const auto bytes = packet(at("192.0.2.1", 53), at("10.89.0.2", 40000), "abc");
  REQUIRE(bytes.size() == 20 + 8 + 3);
  CHECK(bytes[0] == 0x45);
  CHECK((bytes[2] << 8 | bytes[3]) == 31);
  CHECK(bytes[9] == 17);
  CHECK(std::vector(bytes.begin() + 12, bytes.begin() + 20) ==
        std::vector<unsigned>{192, 0, 2, 1, 10, 89, 0, 2});
  CHECK(sum(bytes, 0, 20) == 0xffff);
  CHECK((bytes[20] << 8 | bytes[21]) == 53);
  CHECK((bytes[22] << 8 | bytes[23]) == 40000);
  CHECK((bytes[24] << 8 | bytes[25]) == 11);
  // Addresses, UDP header and payload, and of the pseudo header protocol and length.
  CHECK((sum(bytes, 12, bytes.size()) + 17 + 11) % 0xffff == 0);
}

TEST_CASE("a datagram of IPv6 has a checksum, which IPv6 demands") {
  const auto bytes = packet(at("2001:db8::1", 53), at("fd89::2", 40000), "");
  REQUIRE(bytes.size() == 40 + 8);
  CHECK(bytes[0] == 0x60);
  CHECK((bytes[4] << 8 | bytes[5]) == 8);
  CHECK(bytes[6] == 17);
  CHECK((sum(bytes, 8, bytes.size()) + 17 + 8) % 0xffff == 0);
}

TEST_CASE("the largest datagram of IPv4 fills its packet") {
  const std::string payload(65507, 'x');
  CHECK(packet(at("192.0.2.1", 1), at("192.0.2.2", 2), payload).size() == 65535);
}

}  // namespace cbuild::network
