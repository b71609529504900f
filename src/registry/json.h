// The JSON of registries, token servers and credential files. The only user of nlohmann/json here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::registry {

struct Credentials;

/// The answer of a token server.
struct TokenAnswer {
  std::string token;
  std::optional<std::uint64_t> expires_in;  ///< seconds
};

/// @throws Error when it is no such answer.
TokenAnswer parse_token_answer(std::string_view json);

/// The errors of a registry ("CODE: message; …") or token server ("details") in one line; empty
/// when `json` is something else. Not made printable.
std::string parse_error_answer(std::string_view json);

/// The text at `name` of an object; nullopt when there is none or `json` is no object.
std::optional<std::string> string_member(std::string_view json, std::string_view name);

/// One entry of "auths".
struct AuthEntry {
  std::string key;
  std::string auth;  ///< base64 of user:password; may be empty
  std::string user;
  std::string password;
  std::string identity_token;
};

/// docker's config.json and containers' auth.json.
struct AuthFile {
  struct Helper {
    std::string key;
    std::string name;
  };

  std::vector<AuthEntry> auths;
  std::vector<Helper> helpers;                 ///< credHelpers
  std::string store;                           ///< credsStore
  std::map<std::string, std::string> proxies;  ///< the default ones, by environment variable

  /// Members of the wrong type are as good as missing. @throws Error when it is no JSON object.
  static AuthFile parse(std::string_view json);

  /// The same for ~/.dockercfg, which is the auths alone.
  static AuthFile parse_legacy(std::string_view json);
};

/// Sets or replaces the entry `entry.key` of "auths" in `json` (empty: a new file) and removes
/// those in `stale`; all else stays as it is.  An entry without any text becomes {}.
std::string with_auth_entry(std::string_view json,
                            const AuthEntry& entry,
                            const std::vector<std::string>& stale);

/// Removes entries of "auths".
std::string without_auth_entries(std::string_view json, const std::vector<std::string>& keys);

/// The request of "store" to a credential helper, and its answer.
std::string helper_document(const std::string& server, const Credentials& credentials);
/// @throws Error when it is none.
Credentials parse_helper_answer(std::string_view json);

}  // namespace cbuild::registry
