// Credentials from files and helpers; see credential_files.h.
#include "cbuild/registry/credential_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <optional>

#include "cbuild/oci/reference.h"
#include "cbuild/util/base64.h"
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

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789._-") == std::string_view::npos;
}

/// A credential helper, by its name.
struct Helper {
  std::string name;
  std::chrono::milliseconds time;
  const CancelToken& cancel;
};

/// Runs docker-credential-NAME. @throws Error when it is not installed, or does not end
ProcessResult run_helper(const Helper& helper,
                         const std::string& action,
                         const std::string& input) {
  if (!is_helper_name(helper.name)) {
    throw Error("'{}' cannot be the name of a credential helper", printable(helper.name));
  }
  const std::string program = "docker-credential-" + helper.name;
  const auto path = find_program(program);
  if (!path) throw Error("{} is not installed", program);
  ProcessOptions options;
  options.argv = {*path, action};
  options.input = input;
  options.timeout = helper.time;
  options.own_group = true;
  return run_process(options, helper.cancel);
}

/// The message of a helper; they write it to either stream.
std::string complaint(const ProcessResult& result) {
  const std::string& text = trim(result.out).empty() ? result.err : result.out;
  return printable(trim(text).substr(0, 300));
}

/// nullopt when it knows none.
std::optional<Credentials> ask_helper(const Helper& helper, const std::string& server) {
  const ProcessResult result = run_helper(helper, "get", server);
  if (result.exit_code != 0) {
    const std::string why = complaint(result);
    // The text is part of the protocol: docker-credential-helpers, credentials/error.go.
    if (why.find("credentials not found") != std::string::npos) return std::nullopt;
    throw Error("docker-credential-{} failed for {}: {}", helper.name, server, why);
  }
  return with_context("docker-credential-" + helper.name, [&]() -> std::optional<Credentials> {
    Credentials credentials = parse_helper_answer(result.out);
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

/// Looks through the places where credentials are kept.
class Search {
 public:
  Search(const CredentialPaths& paths, const oci::Reference& reference, const CancelToken& cancel)
      : paths_(paths),
        server_(server_key(reference.registry)),
        candidates_(key_candidates(reference)),
        cancel_(cancel) {}

  /// Looks into the file that `parse` reads. What goes wrong is noted: there may be another place,
  /// or the registry may be open to all.
  template <typename Parse>
  void look_into(const std::string& place, const Parse& parse) {
    place_ = place;
    AuthFile file;
    guarded([&] { file = parse(); });
    for (const std::string& candidate : candidates_) {
      const auto* helper = find_key(file.helpers, candidate);
      if (helper != nullptr && !found()) ask(helper->name, server_key(candidate));
    }
    if (!file.store.empty() && !found()) ask(file.store, server_);
    for (const std::string& candidate : candidates_) {
      const auto* entry = find_key(file.auths, candidate);
      if (entry != nullptr && !found()) guarded([&] { found_.credentials = from_entry(*entry); });
    }
  }

  bool found() const { return found_.credentials.has_value(); }

  FoundCredentials take() { return std::move(found_); }

 private:
  template <typename Action>
  void guarded(const Action& action) {
    try {
      action();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      found_.faults.push_back(printable(fmt::format("{}: {}", place_, error.what())));
      log_debug("{}", found_.faults.back());
    }
  }

  void ask(const std::string& helper, const std::string& server) {
    guarded([&] {
      found_.credentials = ask_helper({helper, paths_.helper_time, cancel_}, server);
    });
  }

  const CredentialPaths& paths_;
  const std::string server_;
  const std::vector<std::string> candidates_;
  const CancelToken& cancel_;
  std::string place_;
  FoundCredentials found_;
};

/// An empty file, or none, is an empty object.
std::string text_of(const std::string& path) {
  std::string text = read_file_if_exists(path, kMaxFile).value_or("");
  return trim(text).empty() ? "{}" : text;
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

FoundCredentials find_credentials(const CredentialPaths& paths,
                                  const oci::Reference& reference,
                                  const CancelToken& cancel) {
  Search search(paths, reference, cancel);
  if (!paths.inline_config.empty()) {
    search.look_into("DOCKER_AUTH_CONFIG", [&] { return AuthFile::parse(paths.inline_config); });
  }
  for (const std::string& path : paths.read_files) {
    if (search.found()) return search.take();
    search.look_into(path, [&] { return AuthFile::parse(text_of(path)); });
    if (search.found()) warn_of_mode(path);
  }
  if (!paths.legacy_file.empty() && !search.found()) {
    search.look_into(paths.legacy_file,
                     [&] { return AuthFile::parse_legacy(text_of(paths.legacy_file)); });
  }
  return search.take();
}

std::map<std::string, std::string> configured_proxies(const CredentialPaths& paths) {
  if (paths.config_file.empty()) return {};
  return with_context(paths.config_file,
                      [&] { return AuthFile::parse(text_of(paths.config_file)).proxies; });
}

void store_credentials(const CredentialPaths& paths,
                       const std::string& registry,
                       const Credentials& credentials,
                       const CancelToken& cancel) {
  if (paths.config_file.empty()) {
    throw Error("no place to keep credentials: neither HOME nor DOCKER_CONFIG is set");
  }
  const std::string path = real_path(paths.config_file);
  with_context(path, [&] {
    const std::string text = text_of(path);
    const AuthFile file = AuthFile::parse(text);
    AuthEntry entry{server_key(registry), {}, {}, {}, {}};
    const std::string helper = helper_for(file, registry);
    if (helper.empty()) {
      if (!credentials.user.empty()) {
        entry.auth = base64_encode(credentials.user + ":" + credentials.password);
      }
      entry.identity_token = credentials.identity_token;
    } else {
      const ProcessResult result = run_helper({helper, paths.helper_time, cancel}, "store",
                                              helper_document(entry.key, credentials));
      if (result.exit_code != 0) {
        throw Error("docker-credential-{}: {}", helper, complaint(result));
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
    if (const std::string name = helper_for(file, registry); !name.empty()) {
      const Helper helper{name, paths.helper_time, cancel};
      const std::string server = server_key(registry);
      if (ask_helper(helper, server)) {
        const ProcessResult result = run_helper(helper, "erase", server);
        if (result.exit_code != 0) {
          throw Error("docker-credential-{}: {}", name, complaint(result));
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
