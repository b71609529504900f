// Keys of credential files; see credential_keys.h.
#include "src/registry/credential_keys.h"

#include "cbuild/oci/reference.h"

namespace cbuild::registry {

std::string server_key(const std::string& registry) {
  return normal_key(registry) == "docker.io" ? std::string(kDockerHubKey) : registry;
}

std::string normal_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/'))
    key.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (key.ends_with(version) && key.find('/') == key.size() - version.size()) {
      key.remove_suffix(version.size());
    }
  }
  constexpr std::string_view kAlias = "index.docker.io";
  if (key == kAlias || (key.starts_with(kAlias) && key[kAlias.size()] == '/')) {
    key.remove_prefix(std::string_view("index.").size());
  }
  return std::string(key);
}

std::vector<std::string> key_candidates(const oci::Reference& reference) {
  std::vector<std::string> candidates;
  std::string key = reference.registry + "/" + reference.repository;
  for (;;) {
    candidates.push_back(normal_key(key));
    const auto slash = key.rfind('/');
    if (slash == std::string::npos) return candidates;
    key.resize(slash);
  }
}

}  // namespace cbuild::registry
