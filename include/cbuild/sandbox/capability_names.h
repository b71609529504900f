// Capabilities by name; those of a container.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// Docker's default for containers, one bit a capability.
inline constexpr std::uint64_t kContainerCapabilities = 0xa80425fb;

/// All that this version knows (capabilities(7)); the kernel may know fewer.
inline constexpr std::uint64_t kAllCapabilities = 0x1ffffffffff;

/// "CAP_NET_ADMIN", "net_admin", "ALL". nullopt: it is the name of none.
std::optional<std::uint64_t> parse_capability(std::string_view name);

/// "CAP_NET_ADMIN", in the order of their numbers.
std::vector<std::string> capability_names(std::uint64_t capabilities);

}  // namespace cbuild::sandbox
