// Credentials from files and helpers; see credentials.h.
#include "cbuild/registry/credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"
#include "src/registry/credential_keys.h"
#include "src/registry/json.h"

namespace cbuild::registry {

namespace {

constexpr std::uint64_t kMaxFile = 4 << 20;

std::string environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr ? value : "";
}

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789._-") == std::string_view::npos;
}

/// Runs docker-credential-NAME. nullopt when it is not installed.
std::optional<ProcessResult> run_helper(const std::string& name,
                                        const std::string& action,
                                        const std::string& input,
                                        const CancelToken& cancel) {
  if (!is_helper_name(name)) {
    throw Error("'{}' cannot be the name of a credential helper", printable(name));
  }
  const std::string program = "docker-credential-" + name;
  const auto path = find_program(program);
  if (!path) return std::nullopt;
  return run_process(
      {.argv = {*path, action}, .input = input, .environment = std::nullopt, .directory = {}},
      cancel);
}

/// The message of a helper; they write it to either stream.
std::string complaint(const ProcessResult& result) {
  const std::string& text = trim(result.out).empty() ? result.err : result.out;
  return printable(trim(text).substr(0, 300));
}

std::optional<Credentials> ask_helper(const std::string& name,
                                      const std::string& server,
                                      const CancelToken& cancel) {
  const auto result = run_helper(name, "get", server, cancel);
  if (!result) {
    log_warning("docker-credential-{} is not installed; going on without it", printable(name));
    return std::nullopt;
  }
  if (result->exit_code != 0) {
    const std::string why = complaint(*result);
    // The text is part of the protocol: docker-credential-helpers, credentials/error.go.
    if (why.find("credentials not found") != std::string::npos) return std::nullopt;
    throw Error("docker-credential-{} failed for {}: {}", name, server, why);
  }
  return with_context("docker-credential-" + name, [&]() -> std::optional<Credentials> {
    Credentials credentials = parse_helper_answer(result->out);
    if (credentials.password.empty() && credentials.identity_token.empty()) return std::nullopt;
    return credentials;
  });
}

std::optional<Credentials> from_entry(const AuthEntry& entry) {
  Credentials credentials{entry.user, entry.password, entry.identity_token};
  if (!entry.auth.empty()) {
    const auto decoded = base64_decode(entry.auth);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      throw Error("the entry '{}' of auths is not base64 of USER:PASSWORD", printable(entry.key));
    }
    credentials.user = decoded->substr(0, colon);
    credentials.password = decoded->substr(colon + 1);
    while (credentials.password.ends_with('\0'))
      credentials.password.pop_back();
  }
  if (credentials.user == "<token>") {
    credentials.identity_token = std::exchange(credentials.password, {});
    credentials.user.clear();
  }
  if (credentials.identity_token.empty() && credentials.user.empty()) return std::nullopt;
  return credentials;
}

/// The element of `entries` whose key is `candidate`, spelled out in preference to an alias.
template <typename Entry>
const Entry* find_key(const std::vector<Entry>& entries, const std::string& candidate) {
  const auto exact = std::ranges::find(entries, candidate, &Entry::key);
  if (exact != entries.end()) return &*exact;
  for (const Entry& entry : entries) {
    if (normal_key(entry.key) == candidate) return &entry;
  }
  return nullptr;
}

std::optional<Credentials> find_in(const AuthFile& file,
                                   const oci::Reference& reference,
                                   const CancelToken& cancel) {
  const std::vector<std::string> candidates = key_candidates(reference);
  for (const std::string& candidate : candidates) {
    if (const auto* helper = find_key(file.helpers, candidate)) {
      if (auto found = ask_helper(helper->name, server_key(candidate), cancel)) return found;
    }
  }
  if (!file.store.empty()) {
    if (auto found = ask_helper(file.store, server_key(reference.registry), cancel)) return found;
  }
  for (const std::string& candidate : candidates) {
    if (const auto* entry = find_key(file.auths, candidate)) {
      if (auto found = from_entry(*entry)) return found;
    }
  }
  return std::nullopt;
}

void warn_of_mode(const std::string& path) {
  struct stat status {};

  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 0077) != 0) {
    log_warning("{} holds credentials and can be read by others (mode {:o})", path,
                status.st_mode & 0777);
  }
}

/// Where the file really is: replacing it must not replace a link to it.
std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string result(resolved);
  ::free(resolved);  // NOLINT: realpath's contract
  return result;
}

/// The keys of "auths" that mean `registry` as a whole.
std::vector<std::string> keys_of(const AuthFile& file, const std::string& registry) {
  std::vector<std::string> keys;
  for (const AuthEntry& entry : file.auths) {
    if (normal_key(entry.key) == normal_key(registry)) keys.push_back(entry.key);
  }
  return keys;
}

/// The helper that `file` wants for `registry`; empty when it keeps the credentials itself.
std::string helper_for(const AuthFile& file, const std::string& registry) {
  const auto* helper = find_key(file.helpers, normal_key(registry));
  return helper != nullptr ? helper->name : file.store;
}

}  // namespace

CredentialPaths CredentialPaths::from_environment() {
  CredentialPaths paths;
  const std::string home = environment("HOME");
  const std::string docker = environment("DOCKER_CONFIG");
  if (!docker.empty()) {
    paths.config_file = docker + "/config.json";
  } else if (!home.empty()) {
    paths.config_file = home + "/.docker/config.json";
  }
  if (!paths.config_file.empty()) paths.read_files.push_back(paths.config_file);
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) paths.read_files.push_back(runtime + "/containers/auth.json");
  const std::string explicit_file = environment("REGISTRY_AUTH_FILE");
  if (!explicit_file.empty()) paths.read_files.push_back(explicit_file);
  paths.inline_config = environment("DOCKER_AUTH_CONFIG");
  return paths;
}

std::optional<Credentials> find_credentials(const CredentialPaths& paths,
                                            const oci::Reference& reference,
                                            const CancelToken& cancel) {
  if (!paths.inline_config.empty()) {
    auto found = with_context("DOCKER_AUTH_CONFIG", [&] {
      return find_in(AuthFile::parse(paths.inline_config), reference, cancel);
    });
    if (found) return found;
  }
  for (const std::string& path : paths.read_files) {
    const auto text = read_file_if_exists(path, kMaxFile);
    if (!text || trim(*text).empty()) continue;
    auto found =
        with_context(path, [&] { return find_in(AuthFile::parse(*text), reference, cancel); });
    if (!found) continue;
    warn_of_mode(path);
    return found;
  }
  return std::nullopt;
}

void store_credentials(const CredentialPaths& paths,
                       const std::string& registry,
                       const Credentials& credentials,
                       const CancelToken& cancel) {
  if (paths.config_file.empty()) {
    throw Error("no place to keep credentials: neither HOME nor DOCKER_CONFIG is set");
  }
  const std::string path = real_path(paths.config_file);
  std::string text = read_file_if_exists(path, kMaxFile).value_or("");
  if (trim(text).empty()) text = "{}";
  with_context(path, [&] {
    const AuthFile file = AuthFile::parse(text);
    AuthEntry entry{server_key(registry), {}, {}, {}, {}};
    const std::string helper = helper_for(file, registry);
    if (helper.empty()) {
      if (!credentials.user.empty()) {
        entry.auth = base64_encode(credentials.user + ":" + credentials.password);
      }
      entry.identity_token = credentials.identity_token;
    } else {
      const auto result =
          run_helper(helper, "store", helper_document(entry.key, credentials), cancel);
      if (!result) throw Error("docker-credential-{} is not installed", helper);
      if (result->exit_code != 0) {
        throw Error("docker-credential-{}: {}", helper, complaint(*result));
      }
    }
    std::string updated = with_auth_entry(text, entry, keys_of(file, registry));
    const auto slash = path.rfind('/');
    if (slash != std::string::npos && slash > 0) make_directories(path.substr(0, slash), 0700);
    write_file_atomically(path, updated, 0600);
  });
}

bool erase_credentials(const CredentialPaths& paths,
                       const std::string& registry,
                       const CancelToken& cancel) {
  const std::string path = real_path(paths.config_file);
  const auto text = read_file_if_exists(path, kMaxFile);
  if (!text || trim(*text).empty()) return false;
  return with_context(path, [&] {
    const AuthFile file = AuthFile::parse(*text);
    bool erased = false;
    if (const std::string helper = helper_for(file, registry); !helper.empty()) {
      const std::string server = server_key(registry);
      if (ask_helper(helper, server, cancel)) {
        const auto result = run_helper(helper, "erase", server, cancel);
        if (!result || result->exit_code != 0) {
          throw Error("docker-credential-{}: {}", helper, result ? complaint(*result) : "gone");
        }
        erased = true;
      }
    }
    const std::vector<std::string> keys = keys_of(file, registry);
    if (keys.empty()) return erased;
    write_file_atomically(path, without_auth_entries(*text, keys), 0600);
    return true;
  });
}

}  // namespace cbuild::registry
