// --add-host HOST:ADDRESS
#pragma once

#include <string>

#include "cbuild/ops/run_settings.h"

namespace cbuild::cli {

/// docker's --add-host; "=" may stand for ":", and host-gateway for the address.
/// @throws Error(usage) that names the flag
ops::HostEntry parse_host_flag(const std::string& text);

/// docker's --dns: an IPv4 or IPv6 address. @throws Error(usage) that names the flag
std::string parse_dns_flag(const std::string& text);

}  // namespace cbuild::cli
