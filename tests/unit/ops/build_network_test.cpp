// Rules of what a step knows of the outside, as far as no private network is made.
#include "src/ops/build_network.h"

#include <doctest/doctest.h>

#include "cbuild/graph/network.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"

namespace cbuild::ops {

namespace {

sandbox::Spec connected(graph::Network wanted, const RunSettings& settings) {
  sandbox::Spec spec;
  spec.hostname = "step";
  BuildNetwork(settings).connect(wanted, spec);
  return spec;
}

}  // namespace

TEST_CASE("a step has the network that it wants") {
  CHECK(std::holds_alternative<sandbox::HostNetwork>(connected(graph::Network::host, {}).network));
  CHECK(std::holds_alternative<sandbox::NoNetwork>(connected(graph::Network::none, {}).network));
}

TEST_CASE("in the host's network the host is loopback") {
  RunSettings settings;
  settings.hosts = {{"db", "10.0.0.1"}, {"gate", kHostGateway}};
  for (const graph::Network network : {graph::Network::host, graph::Network::none}) {
    CHECK(connected(network, settings).hosts ==
          "127.0.0.1\tlocalhost step\n::1\tlocalhost ip6-localhost ip6-loopback\n"
          "10.0.0.1\tdb\n127.0.0.1\tgate\n");
  }
}

TEST_CASE("servers that the caller names are the only ones of resolv.conf") {
  RunSettings settings;
  settings.dns_servers = {"192.0.2.1", "2001:db8::1"};
  const std::string text = *connected(graph::Network::host, settings).resolv_conf;
  CHECK(text.starts_with("nameserver 192.0.2.1\nnameserver 2001:db8::1\n"));
  CHECK(text.find("nameserver", 40) == std::string::npos);
}

}  // namespace cbuild::ops
