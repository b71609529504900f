// The resolver's configuration of a machine: resolv.conf(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

struct ResolverConfig {
  std::vector<Endpoint> servers;  ///< with port 53; the first three count
  std::vector<std::string> rest;  ///< the lines that name no server: search, options
};

/// Lines that mean nothing are left out; servers with a scope ("fe80::1%eth0") too. Pure.
ResolverConfig parse_resolv_conf(std::string_view content);

/// The same, with these addresses of servers in place of its own; with the default of
/// resolv.conf(5), 127.0.0.1, when there is no server. Pure. @throws Error (usage) for what is no
/// address
ResolverConfig resolver_config(std::string_view content, const std::vector<std::string>& servers);

/// The text of a resolv.conf with these servers in place of those of `config`. Pure.
std::string to_resolv_conf(const ResolverConfig& config, const std::vector<std::string>& servers);

}  // namespace cbuild::network
