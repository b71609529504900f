// Puts border, event loop and resolver together; see private_network.h.
#include "cbuild/network/private_network.h"

#include <optional>
#include <thread>

#include "cbuild/util/event_loop.h"
#include "src/network/border.h"
#include "src/network/pipe_pool.h"
#include "src/network/resolver.h"
#include "src/network/resolver_config.h"
#include "src/network/service_thread.h"
#include "src/network/tcp_border.h"
#include "src/network/udp_border.h"

namespace cbuild::network {

struct PrivateNetwork::Impl {
  explicit Impl(const PrivateNetworkOptions& options)
      : config(resolver_config(options.resolv_conf, options.servers)),
        border(make_border(choose_addresses(options.host_gateway))),
        resolv_conf(to_resolv_conf(config, {border.addresses.resolver_v4.address()})),
        tcp_v4(loop, pipes, border.v4.tcp.get(), find_target()),
        udp_v4(loop, border.v4, find_target()),
        resolver(loop, border.dns.udp.get(), config.servers),
        resolver_by_tcp(loop, pipes, border.dns.tcp.get(), first_server()) {
    if (!border.addresses.guest_v6) return;
    tcp_v6.emplace(loop, pipes, border.v6.tcp.get(), find_target());
    udp_v6.emplace(loop, border.v6, find_target());
  }

  FindTarget find_target() const {
    return [this](const Endpoint&, const Endpoint& asked) {
      return target_of(border.addresses, asked);
    };
  }

  FindTarget first_server() const {
    return [this](const Endpoint&, const Endpoint&) { return config.servers.front(); };
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
  impl_->thread = start_service_thread([this] { impl_->loop.run(); });
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

std::string with_servers(std::string_view content, const std::vector<std::string>& servers) {
  return to_resolv_conf(parse_resolv_conf(content), servers);
}

}  // namespace cbuild::network
