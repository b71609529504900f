// Parses and compares subnets; see subnet.h.
#include "cbuild/network/subnet.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;
constexpr unsigned kBitsOfChoice = 24;

unsigned most_bits(const Endpoint& address) noexcept {
  return address.is_v6() ? kBitsV6 : kBitsV4;
}

/// An address whose bytes can be changed.
class Bytes {
 public:
  explicit Bytes(const Endpoint& address) noexcept : size_(address.bytes().size()) {
    std::ranges::copy(address.bytes(), bytes_.begin());
  }

  void keep(unsigned bits) noexcept {
    for (unsigned i = 0; i < size_; ++i) {
      const unsigned kept = bits > 8 * i ? std::min(8U, bits - 8 * i) : 0;
      bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & (0xff00U >> kept));
    }
  }

  void add(std::uint64_t number) noexcept {
    for (std::size_t i = size_; i-- > 0 && number > 0; number >>= 8) {
      number += bytes_[i];
      bytes_[i] = static_cast<std::uint8_t>(number);
    }
  }

  Endpoint endpoint() const noexcept {
    if (size_ == sizeof(in_addr)) {
      sockaddr_in v4{};
      std::memcpy(&v4.sin_addr, bytes_.data(), sizeof v4.sin_addr);
      return Endpoint(v4);
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6.sin6_addr, bytes_.data(), sizeof v6.sin6_addr);
    return Endpoint(v6);
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::size_t size_;
};

Endpoint masked(const Endpoint& address, unsigned bits) noexcept {
  Bytes bytes(address);
  bytes.keep(bits);
  return bytes.endpoint();
}

Error no_subnet(std::string_view text) {
  return Error(ErrorKind::usage, "invalid subnet '{}' (want an address and its bits: 10.89.0.0/24)",
               printable(text));
}

Error no_mac(std::string_view text) {
  return Error(ErrorKind::usage, "invalid MAC address '{}' (want six bytes: 02:42:0a:59:00:02)",
               printable(text));
}

struct Range {
  const char* first;
  unsigned count;  ///< of /24
};

// 10.89.0.0 is where podman begins, too: a host that has other networks there is rare.
constexpr Range kRanges[] = {
    {"10.89.0.0", (256 - 89) * 256}, {"172.16.0.0", 16 * 256}, {"192.168.0.0", 256}};

std::optional<std::uint8_t> parse_byte(std::string_view text) noexcept {
  unsigned value = 0;
  if (text.size() != 2) return std::nullopt;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!is_digit && !is_letter) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return static_cast<std::uint8_t>(value);
}

}  // namespace

Subnet::Subnet(const Endpoint& address, unsigned bits) noexcept
    : address_(masked(address, bits)), bits_(bits) {}

Subnet Subnet::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) throw no_subnet(text);
  const auto address = Endpoint::parse(std::string(text.substr(0, slash)), 0);
  const auto bits = parse_uint(text.substr(slash + 1));
  if (!address || !bits || *bits > most_bits(*address)) throw no_subnet(text);
  Subnet subnet(*address, static_cast<unsigned>(*bits));
  if (subnet.address() != *address)
    throw Error(ErrorKind::usage, "invalid subnet {}: it should be {}", text, subnet.to_string());
  return subnet;
}

bool Subnet::contains(const Endpoint& address) const noexcept {
  return address.family() == address_.family() && masked(address, bits_) == address_;
}

bool Subnet::overlaps(const Subnet& other) const noexcept {
  return bits_ <= other.bits_ ? contains(other.address_) : other.contains(address_);
}

std::optional<Endpoint> Subnet::host(std::uint64_t number) const noexcept {
  const unsigned free = most_bits(address_) - bits_;
  const bool has_broadcast = !address_.is_v6() && free > 1;
  if (free < 64 && number >= (std::uint64_t{1} << free) - (has_broadcast ? 1 : 0))
    return std::nullopt;
  Bytes bytes(address_);
  bytes.add(number);
  return bytes.endpoint();
}

std::string Subnet::to_string() const {
  return fmt::format("{}/{}", address_.address(), bits_);
}

std::optional<Subnet> choose_subnet(std::span<const Subnet> taken, std::span<const Subnet> host) {
  for (const Range& range : kRanges) {
    const Endpoint first = *Endpoint::parse(range.first, 0);
    for (unsigned i = 0; i < range.count; ++i) {
      Bytes bytes(first);
      bytes.add(std::uint64_t{i} << (kBitsV4 - kBitsOfChoice));
      const Subnet candidate(bytes.endpoint(), kBitsOfChoice);
      const auto overlaps = [&](const Subnet& other) { return candidate.overlaps(other); };
      if (std::ranges::none_of(taken, overlaps) && std::ranges::none_of(host, overlaps))
        return candidate;
    }
  }
  return std::nullopt;
}

std::optional<Endpoint> choose_address(const Subnet& subnet, std::span<const Endpoint> used) {
  // One of the first used.size() + 1 hosts is free, if there are so many.
  for (std::uint64_t number = 1; number <= used.size() + 1; ++number) {
    const auto candidate = subnet.host(number);
    if (!candidate) break;
    const auto is_it = [&](const Endpoint& other) { return other.with_port(0) == *candidate; };
    if (std::ranges::none_of(used, is_it)) return candidate;
  }
  return std::nullopt;
}

MacAddress mac_of(const Endpoint& address) noexcept {
  MacAddress mac{0x02, 0x42};
  std::ranges::copy(address.bytes().first(sizeof(in_addr)), mac.begin() + 2);
  return mac;
}

MacAddress parse_mac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != 3 * mac.size() - 1) throw no_mac(text);
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const auto byte = parse_byte(text.substr(3 * i, 2));
    const bool is_last = i + 1 == mac.size();
    if (!byte || (!is_last && text[3 * i + 2] != ':' && text[3 * i + 2] != '-')) throw no_mac(text);
    mac[i] = *byte;
  }
  if ((mac[0] & 1U) != 0) throw no_mac(text);
  return mac;
}

std::string to_string(const MacAddress& address) {
  return fmt::format("{:02x}", fmt::join(address, ":"));
}

}  // namespace cbuild::network
