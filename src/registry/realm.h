// The token server that a challenge names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild {
struct Url;
}

namespace cbuild::registry {

/// Where tokens may be fetched from. A registry could otherwise have us call, with a password,
/// anything that we can reach.
/// @param trusted  hosts (with or without port) that the user named insecure
/// @throws Error(network) naming `realm`: not http(s), http of an https registry, or a literal
/// address of a private network that is not the registry's own
Url check_realm(std::string_view realm,
                const Url& registry,
                const std::vector<std::string>& trusted);

}  // namespace cbuild::registry
