// The routes of this machine, as the kernel lists them.
#pragma once

#include <string_view>
#include <vector>

#include "cbuild/network/subnet.h"

namespace cbuild::network {

/// The destinations of /proc/net/route, without default routes (see host_subnets()). Lines of
/// another form are left out. Pure.
std::vector<Subnet> parse_routes(std::string_view content);

}  // namespace cbuild::network
