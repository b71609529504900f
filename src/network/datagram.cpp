// Writes headers of IP and UDP; see datagram.h.
#include "src/network/datagram.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include <cstdint>
#include <cstring>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

namespace {

constexpr std::uint8_t kTimeToLive = 64;

template <typename Header>
std::span<const std::byte> bytes_of(const Header& header) noexcept {
  return std::as_bytes(std::span(&header, 1));
}

/// The sum of 16-bit words that the checksums of the internet are made of. Source: RFC 1071.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    std::size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2)
      add_word(static_cast<std::uint32_t>(bytes[i]) << 8 |
               static_cast<std::uint32_t>(bytes[i + 1]));
    if (i < bytes.size()) add_word(static_cast<std::uint32_t>(bytes[i]) << 8);
  }

  void add_word(std::uint32_t word) noexcept { sum_ += word; }

  /// In the order of the network.
  std::uint16_t finish() const noexcept {
    std::uint64_t sum = sum_;
    while (sum >> 16 != 0)
      sum = (sum & 0xffff) + (sum >> 16);
    return htons(static_cast<std::uint16_t>(~sum));
  }

 private:
  std::uint64_t sum_ = 0;
};

udphdr udp_header(const Endpoint& from, const Endpoint& to, std::span<const std::byte> payload) {
  udphdr header{};
  const auto size = static_cast<std::uint16_t>(sizeof header + payload.size());
  header.uh_sport = htons(from.port());
  header.uh_dport = htons(to.port());
  header.uh_ulen = htons(size);
  Checksum sum;
  sum.add(std::as_bytes(from.bytes()));
  sum.add(std::as_bytes(to.bytes()));
  sum.add_word(IPPROTO_UDP);
  sum.add_word(size);
  sum.add(bytes_of(header));
  sum.add(payload);
  header.uh_sum = sum.finish();
  if (header.uh_sum == 0) header.uh_sum = 0xffff;  // 0 would mean "none"
  return header;
}

ip header_v4(const Endpoint& from, const Endpoint& to, std::size_t payload) {
  ip header{};
  header.ip_v = IPVERSION;
  header.ip_hl = sizeof header / 4;
  header.ip_len = htons(static_cast<std::uint16_t>(sizeof header + payload));
  header.ip_ttl = kTimeToLive;
  header.ip_p = IPPROTO_UDP;
  std::memcpy(&header.ip_src, from.bytes().data(), sizeof header.ip_src);
  std::memcpy(&header.ip_dst, to.bytes().data(), sizeof header.ip_dst);
  Checksum sum;
  sum.add(bytes_of(header));
  header.ip_sum = sum.finish();
  return header;
}

ip6_hdr header_v6(const Endpoint& from, const Endpoint& to, std::size_t payload) {
  ip6_hdr header{};
  header.ip6_flow = htonl(6U << 28);
  header.ip6_plen = htons(static_cast<std::uint16_t>(payload));
  header.ip6_nxt = IPPROTO_UDP;
  header.ip6_hlim = kTimeToLive;
  std::memcpy(&header.ip6_src, from.bytes().data(), sizeof header.ip6_src);
  std::memcpy(&header.ip6_dst, to.bytes().data(), sizeof header.ip6_dst);
  return header;
}

void append(std::vector<std::byte>& packet, std::span<const std::byte> bytes) {
  packet.insert(packet.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::vector<std::byte> udp_packet(const Endpoint& from,
                                  const Endpoint& to,
                                  std::span<const std::byte> payload) {
  const udphdr udp = udp_header(from, to, payload);
  const std::size_t size = sizeof udp + payload.size();
  std::vector<std::byte> packet;
  packet.reserve(sizeof(ip6_hdr) + size);
  if (from.is_v6()) {
    append(packet, bytes_of(header_v6(from, to, size)));
  } else {
    append(packet, bytes_of(header_v4(from, to, size)));
  }
  append(packet, bytes_of(udp));
  append(packet, payload);
  return packet;
}

}  // namespace cbuild::network
