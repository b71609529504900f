// Finds and stores credentials: docker's and podman's configuration files and credential helpers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/registry/credentials.h"

namespace cbuild::oci {
struct Reference;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::registry {

/// The credentials found for a repository.
struct FoundCredentials {
  std::optional<Credentials> credentials;  ///< nullopt = anonymous
  /// Why others were passed over, with their places: a file that is no JSON, a helper that is not
  /// installed or fails. Of interest only when the registry refuses. Printable.
  std::vector<std::string> faults;
};

/// Looks for `reference`: credHelpers, then credsStore, then auths; longest path first; docker.io
/// aliases. @throws Interrupted
FoundCredentials find_credentials(const CredentialPaths& paths,
                                  const oci::Reference& reference,
                                  const CancelToken& cancel);

/// The `proxies` of docker's file that are for every daemon, by variable: HTTP_PROXY, HTTPS_PROXY,
/// NO_PROXY, FTP_PROXY, ALL_PROXY. @throws Error for a file that cannot be read or is no JSON
std::map<std::string, std::string> configured_proxies(const CredentialPaths& paths);

/// Stores in the config file (mode 0600) or the helper it names. Other members of the file are
/// kept.
void store_credentials(const CredentialPaths& paths,
                       const std::string& registry,
                       const Credentials& credentials,
                       const CancelToken& cancel);
/// @return whether there were any.
bool erase_credentials(const CredentialPaths& paths,
                       const std::string& registry,
                       const CancelToken& cancel);

}  // namespace cbuild::registry
