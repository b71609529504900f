// Finds the paths of credential files; see credentials.h.
#include "cbuild/registry/credentials.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

namespace cbuild::registry {

namespace {

std::string environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

CredentialPaths CredentialPaths::from_environment() {
  return from_environment(environment);
}

CredentialPaths CredentialPaths::from_environment(
    const std::function<std::string(const char* name)>& variable) {
  CredentialPaths paths;
  const std::string home = variable("HOME");
  const std::string docker = variable("DOCKER_CONFIG");
  if (!docker.empty()) {
    paths.config_file = docker + "/config.json";
  } else if (!home.empty()) {
    paths.config_file = home + "/.docker/config.json";
  }
  if (!paths.config_file.empty()) paths.read_files.push_back(paths.config_file);
  const std::string explicit_file = variable("REGISTRY_AUTH_FILE");
  if (!explicit_file.empty()) paths.read_files.push_back(explicit_file);
  std::string runtime = variable("XDG_RUNTIME_DIR");
  if (!runtime.empty()) runtime += "/containers";
  if (runtime.empty()) runtime = fmt::format("/run/containers/{}", ::geteuid());
  paths.read_files.push_back(runtime + "/auth.json");
  std::string settings = variable("XDG_CONFIG_HOME");
  if (settings.empty() && !home.empty()) settings = home + "/.config";
  if (!settings.empty()) paths.read_files.push_back(settings + "/containers/auth.json");
  if (!home.empty()) paths.legacy_file = home + "/.dockercfg";
  paths.inline_config = variable("DOCKER_AUTH_CONFIG");
  return paths;
}

}  // namespace cbuild::registry
