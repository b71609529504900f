// Credentials for a registry, and the paths of the files that hold them.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

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

}  // namespace cbuild::registry
