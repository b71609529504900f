// Lists what the host routes; see host_routes.h and subnet.h.
#include "src/network/host_routes.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

constexpr unsigned kFewestBits = 8;
constexpr unsigned kBitsV4 = 32;

unsigned bits_of(const sockaddr* mask) noexcept {
  if (mask == nullptr || mask->sa_family != AF_INET) return kBitsV4;
  sockaddr_in v4;
  std::memcpy(&v4, mask, sizeof v4);
  return static_cast<unsigned>(std::popcount(v4.sin_addr.s_addr));
}

void add_interfaces(std::vector<Subnet>& subnets) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) throw SysError("list the network interfaces");
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address;
    std::memcpy(&address, at->ifa_addr, sizeof address);
    const unsigned bits = bits_of(at->ifa_netmask);
    if (bits >= kFewestBits) subnets.emplace_back(Endpoint(address), bits);
  }
}

/// The kernel writes the bytes of an address as one number of this machine.
std::optional<std::uint32_t> parse_hex(std::string_view text) noexcept {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<Subnet> parse_routes(std::string_view content) {
  constexpr std::size_t kDestination = 1;
  constexpr std::size_t kMask = 7;
  std::vector<Subnet> subnets;
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() <= kMask) continue;
    const auto destination = parse_hex(trim(fields[kDestination]));
    const auto mask = parse_hex(trim(fields[kMask]));
    if (!destination || !mask) continue;
    const auto bits = static_cast<unsigned>(std::popcount(*mask));
    if (bits < kFewestBits) continue;
    sockaddr_in address{};
    address.sin_addr.s_addr = *destination;
    subnets.emplace_back(Endpoint(address), bits);
  }
  return subnets;
}

std::vector<Subnet> host_subnets() {
  std::vector<Subnet> subnets;
  add_interfaces(subnets);
  // Absent without /proc: the interfaces are the better part.
  std::string routes;
  try {
    routes = read_file_if_exists("/proc/thread-self/net/route").value_or("");
  } catch (const Error&) {
    return subnets;
  }
  for (const Subnet& subnet : parse_routes(routes))
    subnets.push_back(subnet);
  return subnets;
}

}  // namespace cbuild::network
