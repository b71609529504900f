// The resource limits of a process in a sandbox (setrlimit(2)).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// RLIM_INFINITY = none.
struct ResourceLimit {
  int resource = 0;  ///< RLIMIT_*
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

struct ResourceName {
  std::string_view name;  ///< docker's
  int resource;
};

std::span<const ResourceName> resource_names() noexcept;

/// Sees to it that this process may give its steps what was asked: root raises its own hard limits.
/// @pre the Workspace was not entered: in it nobody may raise one.  @throws Error(machine) that
/// names the first that cannot be kept
void permit_limits(const std::vector<ResourceLimit>& asked);

}  // namespace cbuild::sandbox
