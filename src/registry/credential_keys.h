// The keys in a credential file that may hold the credentials for a repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::oci {
struct Reference;
}

namespace cbuild::registry {

/// The key under which docker stores the credentials of Docker Hub.
inline constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";

/// The key of `registry` in files that we write, and what helpers are asked for.
std::string server_key(const std::string& registry);

/// A key without what does not matter: scheme, "/v1/", "/v2/", final slash; docker.io's aliases
/// become "docker.io".
std::string normal_key(std::string_view key);

/// Normal keys that fit, best first: "host/team/app", "host/team", "host".
std::vector<std::string> key_candidates(const oci::Reference& reference);

}  // namespace cbuild::registry
