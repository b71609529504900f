// Authentication; see auth.h.
#include "src/registry/auth.h"

#include <algorithm>

#include "cbuild/util/base64.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/registry/json.h"
#include "src/registry/realm.h"
#include "src/registry/scope.h"

namespace cbuild::registry {

namespace {

using std::chrono::seconds;

constexpr seconds kDefaultLife{60};  // distribution/spec/auth/token: "expires_in"
constexpr seconds kMargin{10};
constexpr std::uint64_t kLongestLife = 24 * 3600;
constexpr std::size_t kShownError = 1024;

std::string basic_header(const std::string& user, const std::string& password) {
  return "Basic " + base64_encode(user + ":" + password);
}

}  // namespace

bool is_safe_token(std::string_view token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
}

Authenticator::Authenticator(std::string registry_name,
                             std::vector<std::string> trusted,
                             FindCredentials find,
                             Fetch fetch)
    : registry_name_(std::move(registry_name)),
      trusted_(std::move(trusted)),
      find_(std::move(find)),
      fetch_(std::move(fetch)) {}

const std::optional<Credentials>& Authenticator::credentials() {
  if (!looked_up_) {
    found_ = find_();
    looked_up_ = true;
  }
  return found_.credentials;
}

std::string Authenticator::faults() const {
  const std::lock_guard lock(mutex_);
  return fault_text();
}

std::string Authenticator::fault_text() const {
  return found_.faults.empty() ? "" : " (credentials: " + join(found_.faults, "; ") + ")";
}

std::optional<std::string> Authenticator::header(const Proving& request) {
  const std::lock_guard lock(mutex_);
  if (!challenge_) return std::nullopt;
  if (challenge_->scheme == "bearer") return token(request);
  const auto& who = credentials();
  if (!who || who->user.empty()) return std::nullopt;
  return basic_header(who->user, who->password);
}

std::optional<std::string> Authenticator::challenged(
    const std::vector<std::string>& www_authenticate,
    const Proving& request,
    const Refusal& refusal) {
  auto challenge = choose_challenge(www_authenticate);
  if (!challenge) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const bool same_server = challenge_ && challenge_->scheme == challenge->scheme &&
                           challenge_->parameter("realm") == challenge->parameter("realm") &&
                           challenge_->parameter("service") == challenge->parameter("service");
  if (!same_server) {
    tokens_.clear();
    challenge_ = challenge;
  }
  std::string next;
  if (challenge->scheme == "basic") {
    const auto& who = credentials();
    if (!who || who->user.empty()) return std::nullopt;
    next = basic_header(who->user, who->password);
  } else {
    challenged_scopes_[request.scope] = challenge->parameter("scope");
    forget(refusal.sent);
    next = refusal.earlier == 0 ? token(request) : "Bearer " + fetch_token(request).value;
  }
  if (next == refusal.sent) return std::nullopt;
  return next;
}

/// A token that was refused, if no other thread has put a new one in its place.
void Authenticator::forget(const std::optional<std::string>& sent) {
  std::erase_if(tokens_, [&](const auto& entry) { return sent == "Bearer " + entry.second.value; });
}

const Authenticator::Token* Authenticator::cached(const std::string& scope) const {
  for (const auto& [name, token] : tokens_) {
    const bool fits = name == scope || (!scope.empty() && covers_all(name, scope));
    if (fits && token.expires > Clock::now()) return &token;
  }
  return nullptr;
}

std::string Authenticator::token(const Proving& request) {
  if (const Token* known = cached(request.scope)) return "Bearer " + known->value;
  Token& fresh = tokens_[request.scope] = fetch_token(request);
  return "Bearer " + fresh.value;
}

Authenticator::Token Authenticator::fetch_token(const Proving& request) {
  const auto now = Clock::now();
  const Url realm = check_realm(challenge_->parameter("realm"), request.registry, trusted_);
  const std::string what = fmt::format("token for {} from {}", registry_name_, realm.display());
  const TokenReply reply =
      request_token({realm, std::nullopt, std::nullopt, request.attempt},
                    merge_scopes(request.scope, challenged_scopes_[request.scope]));
  if (reply.status != 200) {
    std::string text = parse_error_answer(reply.body);
    if (text.size() > kShownError) text.resize(kShownError);
    Error error(ErrorKind::network, "{}: {}{}{}{}", what, reply.status, text.empty() ? "" : ": ",
                printable(text), fault_text());
    if (reply.status == 401 || reply.status == 403 || reply.status == 400) {
      error.with_hint(fmt::format("run \"cbuild login {}\"", registry_name_));
    }
    throw error;
  }
  TokenAnswer answer;
  try {
    answer = parse_token_answer(reply.body);
  } catch (const Error& error) {
    throw Error(ErrorKind::network, "{}: {}", what, printable(error.what()));
  }
  if (!is_safe_token(answer.token)) {
    throw Error(ErrorKind::network,
                "{}: the token contains characters that are not allowed in a token", what);
  }
  const seconds life =
      answer.expires_in ? seconds(std::min(*answer.expires_in, kLongestLife)) : kDefaultLife;
  return {std::move(answer.token), now + std::max(life - kMargin, seconds(1))};
}

/// GET with the password or anonymously, POST with an identity token; the other way where a server
/// knows only that one.  At most two requests.
TokenReply Authenticator::request_token(const TokenRequest& blank,
                                        const std::vector<std::string>& scopes) {
  const std::optional<Credentials>& who = credentials();
  const std::string service = challenge_->parameter("service");
  const bool with_identity = who && !who->identity_token.empty();
  const bool with_password = who && !who->user.empty() && !who->password.empty();

  const auto post = [&](const std::string& grant) {
    TokenRequest request = blank;
    request.form = fmt::format("{}&client_id=cbuild&service={}&scope={}", grant,
                               percent_encode(service), percent_encode(join(scopes, " ")));
    return fetch_(request);
  };
  const auto get = [&] {
    TokenRequest request = blank;
    if (!service.empty()) add_query(request.url, "service", service);
    for (const std::string& scope : scopes)
      add_query(request.url, "scope", scope);
    if (with_password) {
      add_query(request.url, "account", who->user);
      request.authorization = basic_header(who->user, who->password);
    }
    return fetch_(request);
  };
  const auto is_unknown = [](int status) { return status == 404 || status == 405; };

  if (with_identity) {
    TokenReply reply =
        post("grant_type=refresh_token&refresh_token=" + percent_encode(who->identity_token));
    const bool refused = is_unknown(reply.status) || reply.status == 400 || reply.status == 401;
    return refused && with_password ? get() : reply;
  }
  TokenReply reply = get();
  if (!is_unknown(reply.status) || !with_password) return reply;
  return post(fmt::format("grant_type=password&username={}&password={}", percent_encode(who->user),
                          percent_encode(who->password)));
}

}  // namespace cbuild::registry
