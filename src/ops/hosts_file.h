// The /etc/hosts of a step.
#pragma once

#include <string>
#include <vector>

namespace cbuild::ops {

struct HostEntry;

/// Loopback with the names of the step, and `entries`; `gateway` is the address of those that name
/// kHostGateway. Pure.
std::string hosts_file(const std::string& hostname,
                       const std::vector<HostEntry>& entries,
                       const std::string& gateway);

}  // namespace cbuild::ops
