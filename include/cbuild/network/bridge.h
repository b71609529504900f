// A network of a group of containers, and a container in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/network/endpoint.h"
#include "cbuild/network/subnet.h"

namespace cbuild::network {

/// A network. Its name service is at the gateway, port 53, UDP and TCP.
struct Bridge {
  std::string network;    ///< its name; "NAME.network" is a name of a container in it
  std::string id;         ///< the bridge is br-ID; 12 hexadecimal digits
  Subnet subnet;          ///< IPv4
  Endpoint gateway;       ///< an address of the subnet, port 0
  bool internal = false;  ///< no way out, no default route, names of its containers only
  /// Bytes. What is sent is no packet outside, so it may be large. Where it is less, datagrams from
  /// outside that do not fit are lost.
  unsigned mtu = 65535;
};

/// A container in a network.
struct Attachment {
  enum class Id : std::uint64_t {};

  int name_space = -1;  ///< of the container; borrowed. Several attachments of one are one asker
  std::string network;
  std::string interface = "eth0";
  Endpoint address;                              ///< of the network's subnet, port 0
  std::optional<MacAddress> mac = std::nullopt;  ///< mac_of(address) when absent
  std::vector<std::string> names = {};           ///< the first is what its address is called (PTR)
  bool default_route = true;                     ///< by this network, unless it is internal
  /// The gateway's other ports than 53 are those of the host's 127.0.0.1, for this container. For
  /// others they are refused, and so they are in an internal network.
  bool host_gateway = false;
};

}  // namespace cbuild::network
