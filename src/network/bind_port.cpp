// Binds ports of the host; see port_spec.h.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "cbuild/network/endpoint.h"
#include "cbuild/network/port_spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kFirstFree = 32768;
constexpr std::uint16_t kHighest = 65535;
constexpr std::uint64_t kFirstUnprivileged = 1024;  // the kernel's default
constexpr unsigned kOffset = 8000;                  // 80 is often found at 8080, 443 at 8443
constexpr int kTries = 16;
constexpr const char* kSysctl = "net.ipv4.ip_unprivileged_port_start";

/// bind(2) and listen(2). @return the errno, 0 = done
int try_bind(const Fd& socket, const Endpoint& endpoint, int type) {
  if (::bind(socket.get(), endpoint.data(), endpoint.size()) != 0) return errno;
  if (type == SOCK_STREAM && ::listen(socket.get(), SOMAXCONN) != 0) return errno;
  return 0;
}

/// The addresses that a mapping names.
std::vector<Endpoint> addresses_of(const PortMapping& mapping) {
  if (mapping.host_ip.empty()) return {*Endpoint::parse("0.0.0.0", 0), *Endpoint::parse("::", 0)};
  const auto address = Endpoint::parse(mapping.host_ip, 0);
  if (!address)
    throw Error(ErrorKind::usage, "invalid IP address '{}'", printable(mapping.host_ip));
  return {*address};
}

/// The sockets at one port, all or none of them.
class Attempt {
 public:
  Attempt(const std::vector<Endpoint>& addresses, Protocol protocol)
      : addresses_(addresses), type_(protocol == Protocol::udp ? SOCK_DGRAM : SOCK_STREAM) {}

  /// `port` 0: one that the kernel chooses for the first address. @return the errno, 0 = done
  int run(std::uint16_t port) {
    bound_ = {.port = port, .sockets = {}};
    for (const Endpoint& address : addresses_) {
      const int code = add(address);
      // Without IPv6, [::] is left out of "all addresses".
      const bool is_absent = code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
      if (is_absent && !bound_.sockets.empty()) continue;
      if (code != 0) return code;
    }
    return 0;
  }

  BoundPort take() { return std::move(bound_); }

  std::uint16_t port() const noexcept { return bound_.port; }

 private:
  int add(const Endpoint& address) {
    Fd socket(::socket(address.family(), type_ | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return errno;
    if (address.is_v6()) set_flag(socket, SOL_IPV6, IPV6_V6ONLY);
    // A former connection at this port is no reason to refuse it.
    if (type_ == SOCK_STREAM) set_flag(socket, SOL_SOCKET, SO_REUSEADDR);
    const int code = try_bind(socket, address.with_port(bound_.port), type_);
    if (code != 0) return code;
    if (bound_.port == 0) bound_.port = local_endpoint(socket.get()).port();
    bound_.sockets.push_back(std::move(socket));
    return 0;
  }

  const std::vector<Endpoint>& addresses_;
  int type_;
  BoundPort bound_;
};

std::string place_of(const PortMapping& mapping, std::uint16_t port) {
  const auto address = Endpoint::parse(mapping.host_ip.empty() ? "0.0.0.0" : mapping.host_ip, port);
  return address->to_string();
}

std::uint64_t first_unprivileged() {
  try {
    const auto text = read_file_if_exists("/proc/sys/net/ipv4/ip_unprivileged_port_start", 64);
    if (text) return parse_uint(trim(*text)).value_or(kFirstUnprivileged);
  } catch (const Error&) {
    // Without /proc the default is as good a guess as any.
  }
  return kFirstUnprivileged;
}

[[noreturn]] void throw_privileged(const PortMapping& mapping, std::uint16_t port) {
  const std::uint64_t first = first_unprivileged();
  const std::uint64_t other = std::max<std::uint64_t>(port + kOffset, first);
  throw SysError::from_code(EACCES, fmt::format("bind {}", place_of(mapping, port)))
      .with_hint(
          fmt::format("ports below {} need root ({} is {}); -p {}:{} works, and so does this "
                      "port after sysctl {}={}",
                      first, kSysctl, first, other, mapping.container.port, kSysctl, port));
}

[[noreturn]] void throw_in_use(const PortMapping& mapping, std::uint16_t port) {
  const std::uint16_t container = mapping.container.port;
  if (mapping.host_port_end != 0) {
    throw Error("bind {}: all ports from {} to {} are already in use", place_of(mapping, port),
                mapping.host_port, mapping.host_port_end);
  }
  throw SysError::from_code(
      EADDRINUSE, fmt::format("bind {}: port {} is already in use", place_of(mapping, port), port))
      .with_hint(fmt::format("-p {}:{} asks for another port of the host, -p {} for one that is "
                             "free",
                             port == kHighest ? port - 1 : port + 1, container, container));
}

[[noreturn]] void throw_for(int code, const PortMapping& mapping, std::uint16_t port) {
  if (code == EADDRINUSE) throw_in_use(mapping, port);
  if (code == EACCES) throw_privileged(mapping, port);
  if (code == EADDRNOTAVAIL || code == EAFNOSUPPORT) {
    throw Error(ErrorKind::usage, "bind {}: this machine does not have the address {}",
                place_of(mapping, port), mapping.host_ip);
  }
  throw SysError::from_code(code, fmt::format("bind {}", place_of(mapping, port)));
}

/// The kernel's range of free ports may begin lower than docker's, and a port that is free for IPv4
/// may be in use for IPv6: then the ports are tried in turn.
BoundPort bind_free(Attempt& attempt, const PortMapping& mapping) {
  int code = 0;
  for (int i = 0; i < kTries; ++i) {
    code = attempt.run(0);
    if (code == 0 && attempt.port() >= kFirstFree) return attempt.take();
    if (code != 0 && code != EADDRINUSE) throw_for(code, mapping, 0);
  }
  for (unsigned port = kFirstFree; port <= kHighest; ++port) {
    code = attempt.run(static_cast<std::uint16_t>(port));
    if (code == 0) return attempt.take();
    if (code != EADDRINUSE) break;
  }
  throw_for(code, mapping, 0);
}

}  // namespace

BoundPort bind_port(const PortMapping& mapping) {
  const std::vector<Endpoint> addresses = addresses_of(mapping);
  Attempt attempt(addresses, mapping.container.protocol);
  if (mapping.host_port == 0) return bind_free(attempt, mapping);
  const std::uint16_t last = std::max(mapping.host_port, mapping.host_port_end);
  int code = 0;
  for (unsigned port = mapping.host_port; port <= last; ++port) {
    code = attempt.run(static_cast<std::uint16_t>(port));
    if (code == 0) return attempt.take();
    if (code != EADDRINUSE) throw_for(code, mapping, static_cast<std::uint16_t>(port));
  }
  throw_for(code, mapping, mapping.host_port);
}

}  // namespace cbuild::network
