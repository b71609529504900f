// Connects steps with the outside; see build_network.h.
#include "src/ops/build_network.h"

#include <algorithm>

#include "cbuild/graph/network.h"
#include "cbuild/network/private_network.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/ops/hosts_file.h"

namespace cbuild::ops {

namespace {

constexpr std::uint64_t kMaxResolvConf = 64 << 10;
constexpr const char* kLoopback = "127.0.0.1";

std::string resolv_conf_of_host() {
  return read_file_if_exists("/etc/resolv.conf", kMaxResolvConf).value_or("");
}

}  // namespace

BuildNetwork::BuildNetwork(const RunSettings& settings) : settings_(settings) {}

BuildNetwork::~BuildNetwork() = default;

void BuildNetwork::make() {
  network::PrivateNetworkOptions options;
  options.resolv_conf = resolv_conf_of_host();
  options.servers = settings_.dns_servers;
  options.host_gateway = std::ranges::any_of(
      settings_.hosts, [](const HostEntry& entry) { return entry.address == kHostGateway; });
  try {
    network_ = std::make_unique<network::PrivateNetwork>(std::move(options));
  } catch (const Error& error) {
    if (settings_.strict_network) {
      throw Error(ErrorKind::machine, "RUN steps cannot have a private network: {}", error.what())
          .with_hint("without --strict-network they use the network of this machine");
    }
    log_warning(
        "RUN steps use the network of this machine, with its loopback: a private one cannot be had "
        "({})",
        error.what());
  }
}

/// Null: steps use the host's network.
const network::PrivateNetwork* BuildNetwork::private_network() {
  made_.run([this] { make(); });
  return network_.get();
}

void BuildNetwork::connect(graph::Network wanted, sandbox::Spec& spec) {
  std::string gateway = kLoopback;
  if (const auto* own = wanted == graph::Network::build ? private_network() : nullptr) {
    spec.network = sandbox::JoinNetwork{own->namespace_fd()};
    spec.resolv_conf = own->resolv_conf();
    gateway = own->host_gateway();
  } else {
    if (wanted == graph::Network::none) spec.network = sandbox::NoNetwork{};
    std::string resolv_conf = resolv_conf_of_host();
    if (!settings_.dns_servers.empty())
      resolv_conf = network::with_servers(resolv_conf, settings_.dns_servers);
    spec.resolv_conf = std::move(resolv_conf);
  }
  spec.hosts = hosts_file(spec.hostname, settings_.hosts, gateway);
}

}  // namespace cbuild::ops
