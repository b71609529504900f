// The private network that the steps of a build share.
#pragma once

#include <memory>

#include "cbuild/util/once.h"

namespace cbuild::graph {
enum class Network;
}

namespace cbuild::network {
class PrivateNetwork;
}

namespace cbuild::sandbox {
struct Spec;
}

namespace cbuild::ops {

struct RunSettings;

/// What steps know of the outside: a network namespace, /etc/resolv.conf, the address of the host.
/// The private network is made when the first step needs it, and ends with this object. Where this
/// machine cannot have one, a warning says so once, and steps use the host's network. Thread-safe.
class BuildNetwork {
 public:
  /// Borrows `settings`.
  explicit BuildNetwork(const RunSettings& settings);
  BuildNetwork(const BuildNetwork&) = delete;
  BuildNetwork& operator=(const BuildNetwork&) = delete;
  ~BuildNetwork();

  /// Sets network, resolv_conf and hosts of a step's spec. Valid as long as this object.
  /// @throws Error(machine) when /etc/resolv.conf cannot be read, and with
  /// RunSettings::strict_network where there is no private network
  void connect(graph::Network wanted, sandbox::Spec& spec);

 private:
  const network::PrivateNetwork* private_network();
  void make();

  const RunSettings& settings_;
  Once made_;
  std::unique_ptr<network::PrivateNetwork> network_;
};

}  // namespace cbuild::ops
