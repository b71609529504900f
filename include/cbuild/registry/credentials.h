// Who we are to a registry: docker's and podman's configuration files and credential helpers.
#pragma once

#include <chrono>
#include <functional>
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

/// Where credentials are kept.
struct CredentialPaths {
  /// Docker's file, which login writes: $DOCKER_CONFIG/config.json, else ~/.docker/config.json.
  std::string config_file;
  /// In order: config_file, $REGISTRY_AUTH_FILE, ${XDG_RUNTIME_DIR}/containers/auth.json (without
  /// that variable: /run/containers/UID/auth.json) and ${XDG_CONFIG_HOME}/containers/auth.json, see
  /// containers-auth.json(5).
  std::vector<std::string> read_files;
  std::string legacy_file;    ///< ~/.dockercfg, read after all: the "auths" alone
  std::string inline_config;  ///< $DOCKER_AUTH_CONFIG: the text of such a file, read before all
  std::chrono::milliseconds helper_time{30000};  ///< for the answer of a helper

  /// @param variable  its value; empty = not set
  static CredentialPaths from_environment(
      const std::function<std::string(const char* name)>& variable);
  static CredentialPaths from_environment();
};

/// What was found for a repository.
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
