// Who we are to a registry: docker's and podman's configuration files and credential helpers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/oci/reference.h"
#include "cbuild/util/cancel.h"

namespace cbuild::registry {

struct Credentials {
  std::string user;
  std::string password;
  std::string identity_token;  ///< OAuth2 refresh token; used instead of the password
};

/// Environment variables that matter here, so that tests can set them.
struct CredentialPaths {
  std::string
      config_file;  ///< that login writes: $DOCKER_CONFIG/config.json, else ~/.docker/config.json
  std::vector<std::string>
      read_files;             ///< in order: config_file, ${XDG_RUNTIME_DIR}/containers/auth.json,
                              ///< REGISTRY_AUTH_FILE
  std::string inline_config;  ///< $DOCKER_AUTH_CONFIG: the text of such a file, read before all
  static CredentialPaths from_environment();
};

/// Looks for `reference`: credHelpers, then credsStore, then auths; longest path first; docker.io
/// aliases. nullopt = anonymous. A helper that is not installed is passed over with a warning.
/// @throws Error for a file that is no JSON, a helper that fails or has no helper's name
std::optional<Credentials> find_credentials(const CredentialPaths& paths,
                                            const oci::Reference& reference,
                                            const CancelToken& cancel);

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
