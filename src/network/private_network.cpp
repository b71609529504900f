// Puts border, event loop and resolver together; see private_network.h.
#include "cbuild/network/private_network.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/event_loop.h"
#include "src/network/border.h"
#include "src/network/pipe_pool.h"
#include "src/network/resolver.h"
#include "src/network/resolver_config.h"
#include "src/network/tcp_border.h"
#include "src/network/udp_border.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr const char* kDefaultServer = "127.0.0.1";  // of resolv.conf(5)

ResolverConfig resolver_config(const PrivateNetworkOptions& options) {
  ResolverConfig config = parse_resolv_conf(options.resolv_conf);
  if (!options.servers.empty()) config.servers.clear();
  for (const std::string& address : options.servers) {
    const auto server = Endpoint::parse(address, kDnsPort);
    if (!server) throw Error(ErrorKind::usage, "{} is no address of a DNS server", address);
    config.servers.push_back(*server);
  }
  if (config.servers.empty()) config.servers.push_back(*Endpoint::parse(kDefaultServer, kDnsPort));
  return config;
}

/// Each connection needs two descriptors, and two more while bytes are on their way.
void allow_many_descriptors() noexcept {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct PrivateNetwork::Impl {
  explicit Impl(const PrivateNetworkOptions& options)
      : config(resolver_config(options)),
        border(make_border(choose_addresses(options.host_gateway))),
        resolv_conf(to_resolv_conf(config, {border.addresses.resolver_v4.address()})),
        tcp_v4(loop, pipes, border.addresses, border.tcp_v4.get()),
        udp_v4(loop, border.addresses, border.udp_v4.get(), border.raw_v4.get()),
        resolver(loop, border.dns_udp.get(), config.servers),
        resolver_by_tcp(
            loop, pipes, border.addresses, border.dns_tcp.get(), config.servers.front()) {
    if (!border.addresses.guest_v6) return;
    tcp_v6.emplace(loop, pipes, border.addresses, border.tcp_v6.get());
    udp_v6.emplace(loop, border.addresses, border.udp_v6.get(), border.raw_v6.get());
  }

  ResolverConfig config;
  Border border;
  std::string resolv_conf;
  PipePool pipes;
  EventLoop loop;
  TcpBorder tcp_v4;
  UdpBorder udp_v4;
  Resolver resolver;
  TcpBorder resolver_by_tcp;
  std::optional<TcpBorder> tcp_v6;
  std::optional<UdpBorder> udp_v6;
  std::thread thread;
};

PrivateNetwork::PrivateNetwork(PrivateNetworkOptions options)
    : impl_(std::make_unique<Impl>(options)) {
  allow_many_descriptors();
  // Signals are for the other threads.
  sigset_t all;
  sigset_t former;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &former);
  impl_->thread = std::thread([this] { impl_->loop.run(); });
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

PrivateNetwork::~PrivateNetwork() {
  impl_->loop.stop();
  impl_->thread.join();
}

int PrivateNetwork::namespace_fd() const noexcept {
  return impl_->border.name_space.get();
}

std::string PrivateNetwork::host_gateway() const {
  const auto& gateway = impl_->border.addresses.gateway_v4;
  return gateway ? gateway->address() : std::string();
}

const std::string& PrivateNetwork::resolv_conf() const noexcept {
  return impl_->resolv_conf;
}

}  // namespace cbuild::network
