// Authentication to one registry, for one repository: Basic, or tokens of its token server.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/registry/credential_files.h"
#include "cbuild/util/url.h"
#include "src/registry/challenge.h"
#include "src/registry/retry.h"

namespace cbuild::registry {

/// Whether `token` can stand in a header: visible ASCII, not empty.
bool is_safe_token(std::string_view token);

/// A request to a token server; `form` means POST.
struct TokenRequest {
  Url url;
  std::optional<std::string> form;
  std::optional<std::string> authorization;
  Attempt within{};  ///< the try of the request that wants the token
};

/// `status` other than 200 comes with an error text.
struct TokenReply {
  int status = 0;
  std::string body;
};

/// A request that may have to prove who we are.
struct Proving {
  const Url& registry;
  const std::string& scope;
  Attempt attempt;
};

/// How it was answered with 401.
struct Refusal {
  std::optional<std::string> sent;  ///< the value of Authorization
  int earlier = 0;                  ///< times that the same request was refused before
};

/// Thread-safe: whoever needs a token that another thread fetches waits for it.
class Authenticator {
 public:
  using Clock = std::chrono::steady_clock;
  using FindCredentials = std::function<FoundCredentials()>;
  using Fetch = std::function<TokenReply(const TokenRequest&)>;

  /// @param find   called at the first challenge; it may run a helper program
  /// @param fetch  throws when there is no answer at all
  Authenticator(std::string registry_name,
                std::vector<std::string> trusted,
                FindCredentials find,
                Fetch fetch);

  /// The value of Authorization for a request to `registry` that needs `scope`; nullopt while no
  /// challenge came. Fetches a token when there is none that lives on for ten seconds.
  std::optional<std::string> header(const Proving& request);

  /// Learns from a 401. @return the value for another try; nullopt when none makes sense. Refused
  /// again, a request gets a token that no other knows: some are good for one request only.
  std::optional<std::string> challenged(const std::vector<std::string>& www_authenticate,
                                        const Proving& request,
                                        const Refusal& refusal);

  /// Why credentials could not be had, for messages; empty when none were looked for or missed.
  std::string faults() const;

 private:
  struct Token {
    std::string value;
    Clock::time_point expires;
  };

  const std::optional<Credentials>& credentials();
  void forget(const std::optional<std::string>& sent);
  std::string fault_text() const;
  std::string token(const Proving& request);
  Token fetch_token(const Proving& request);
  TokenReply request_token(const TokenRequest& blank, const std::vector<std::string>& scopes);
  const Token* cached(const std::string& scope) const;

  const std::string registry_name_;
  const std::vector<std::string> trusted_;
  const FindCredentials find_;
  const Fetch fetch_;

  mutable std::mutex mutex_;
  bool looked_up_ = false;
  FoundCredentials found_;
  std::optional<Challenge> challenge_;
  std::map<std::string, std::string> challenged_scopes_;  // by our scope
  std::map<std::string, Token> tokens_;                   // by our scope, of challenge_
};

}  // namespace cbuild::registry
