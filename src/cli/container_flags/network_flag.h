// --network NAME | name=…,alias=…,ip=…
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cbuild::cli {

/// One network that a container is attached to, or the mode that it has instead.
struct NetworkAttachment {
  std::string name;                  ///< as given: a network, "bridge", "host", "none",
                                     ///< "container:NAME"
  std::vector<std::string> aliases;  ///< further names on that network
  std::string ip;                    ///< IPv4; empty = one is chosen, as with the other two
  std::string ip6;
  std::string mac;  ///< "02:42:ac:11:00:02"
  std::map<std::string, std::string> driver_options;
  int gateway_priority = 0;  ///< the default route is by the network with the highest
  friend bool operator==(const NetworkAttachment&, const NetworkAttachment&) = default;
};

/// docker's --network: a name, or comma-separated key=value pairs of which `name` must be one.
/// "container:" needs a name behind it. Addresses and aliases are refused for host, none and
/// container:.
/// @throws Error(usage) with docker's words, in the context of the flag
NetworkAttachment parse_network_flag(const std::string& text);

}  // namespace cbuild::cli
