// resolv.conf(5) with other servers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::network {

/// `content` with these addresses of DNS servers in place of its own: search list and options stay.
/// Pure.
std::string with_servers(std::string_view content, const std::vector<std::string>& servers);

}  // namespace cbuild::network
