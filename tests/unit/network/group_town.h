// A table of a group for tests: two networks, and one without a way out.
#pragma once

#include <string>
#include <vector>

#include "src/network/group_table.h"

namespace cbuild::network {

inline Endpoint address(const char* text, std::uint16_t port = 0) {
  return Endpoint::parse(text, port).value();
}

inline Bridge bridge(const char* network, const char* subnet) {
  const Subnet parsed = Subnet::parse(subnet);
  return {.network = network, .id = "0123456789ab", .subnet = parsed, .gateway = *parsed.host(1)};
}

/// front 10.89.0.0/24: web (.2), app1 and app2 (.3 and .4, both "app"), both (.5)
/// back 10.89.1.0/24: db (.2), both (.5)
/// cellar 10.89.2.0/24, internal: safe (.2)
struct Town {
  Town() {
    table.add(bridge("front", "10.89.0.0/24"), 11);
    table.add(bridge("back", "10.89.1.0/24"), 12);
    Bridge cellar = bridge("cellar", "10.89.2.0/24");
    cellar.internal = true;
    table.add(cellar, 13);
    put(1, "front", "10.89.0.2", {"web", "www"});
    put(2, "front", "10.89.0.3", {"app1", "app"});
    put(3, "front", "10.89.0.4", {"app2", "app"});
    put(4, "back", "10.89.1.2", {"db"});
    put(5, "front", "10.89.0.5", {"both"});
    put(5, "back", "10.89.1.5", {"both", "backside"});
    put(6, "cellar", "10.89.2.2", {"safe"});
  }

  Attachment::Id put(std::uint64_t container,
                     const char* network,
                     const char* own,
                     std::vector<std::string> names = {}) {
    return table.add(
        {.attachment = {.network = network, .address = address(own), .names = std::move(names)},
         .container = container});
  }

  GroupTable table;
};

}  // namespace cbuild::network
