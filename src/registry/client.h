// Requests to registries as a whole: scheme, credentials, redirects, retries.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/registry/options.h"
#include "src/registry/hosts.h"
#include "src/registry/http.h"
#include "src/registry/retry.h"

namespace cbuild::oci {
struct Reference;
}

namespace cbuild::registry {

struct Access;
class Authenticator;
struct FoundCredentials;
struct TokenReply;
struct TokenRequest;

/// One request as we mean it.
struct Call {
  std::string method = "GET";
  std::string path;             ///< "/v2/…" at the registry
  std::optional<Url> url;       ///< instead of `path`: where an upload goes on
  std::string scope;            ///< see Authenticator::header()
  std::vector<Header> headers;  ///< without Authorization
  std::string body;             ///< of POST and PUT
  std::optional<std::uint64_t> streamed;
  bool repeat = true;  ///< try again after failures
  Attempt within{};    ///< the try of greater work that this is part of
};

/// An answer, whatever its status, and where it came from in the end.
struct Reply {
  std::unique_ptr<HttpExchange> exchange;
  Url url;

  const HttpResponse& response() const { return exchange->response(); }

  int status() const { return exchange->response().status; }
};

struct Document {
  Url url;
  HttpResponse response;
  std::string body;
};

/// Thread-safe. See registry.h.
class Client {
 public:
  Client(Options options, const CancelToken& cancel);

  /// The same object for the same repository.
  std::shared_ptr<Access> access(const oci::Reference& reference);

  /// With credentials of its own, not remembered.
  std::shared_ptr<Access> access_as(const std::string& registry, const Credentials& credentials);

  /// Makes a request until there is an answer worth having: logs in, follows redirects of GET and
  /// HEAD, repeats what failed (see Retry) unless `call.repeat` is false. Credentials go to the
  /// origin of the registry only.  @throws Error(network), Interrupted
  Reply send(Access& access, const Call& call);

  /// Begins a request with a streamed body. Logged in as far as known, nothing is followed or
  /// repeated.
  Reply start(Access& access, const Call& call);

  /// send() and the whole body, repeated when it is cut. nullopt for 404.
  /// @throws Error for any other status than 200 and beyond `limit` bytes
  std::optional<Document> fetch(Access& access, const Call& call, std::uint64_t limit);

  /// Gets a file that is no registry's. An Authorization in `headers` is for the origin of `url`
  /// only. Follows redirects and repeats what failed; any other status is an answer.
  Reply get(const Url& url, const std::vector<Header>& headers, const Attempt& within);

  /// The answer to one GET of what is no registry's; nothing is followed or repeated.
  Reply ask(const Url& url, const std::vector<Header>& headers);

  /// Throws the error for an unexpected answer, with the text of the registry and a hint. For a
  /// retryable status an oci::TransientError; then no thread asks that host before its Retry-After.
  [[noreturn]] void refuse(const Access& access, const Call& call, Reply& reply);

  /// Where the header Location of `reply` leads. @throws Error(network) when nowhere, or from https
  /// to http. http of the registry's own host becomes https: some proxies forget to say so.
  static Url location(const Reply& reply);

  /// After the answer 401 to `call`, which start() began: whether there is another token now.
  bool renew_token(Access& access, const Call& call, const Reply& reply);

  /// @param within  the try of greater work that all of this is part of
  Retry retry(const Attempt& within = {}) const;

  /// For a request that only saves time or tidies up.
  Attempt spare_attempt() const { return {Attempt::Clock::now() + options_.times.spare, 1}; }

  const Times& times() const { return options_.times; }

  void announce(std::string_view text) const;

  const CancelToken& cancel() const { return cancel_; }

 private:
  using Proof = std::optional<std::string>;  ///< value of Authorization

  HttpRequest prepare(Access& access, const Call& call, const Proof& proof);
  Proof proof(Access& access, const Call& call);
  Reply try_once(Access& access, const Call& call);
  bool speaks_plain_http(const Access& access, const Url& base);
  template <typename Try>
  auto repeat(const Attempt& within, const Try& try_it);
  [[noreturn]] void refuse_for_now(const Reply& reply, const std::string& text, std::string hint);
  Reply run(HttpRequest request, const Url& registry);
  Reply follow(HttpRequest request, const Url& registry);
  Reply begin(HttpRequest request, const Url& registry);
  TokenReply fetch_token(const std::string& registry, const TokenRequest& request);
  std::unique_ptr<Authenticator> make_auth(const std::string& registry,
                                           std::function<FoundCredentials()> find);
  void wait_for_turn(const HttpRequest& request);
  void hold_back(const Url& url, std::chrono::seconds time);

  const Options options_;
  const CancelToken& cancel_;
  Http http_;
  Hosts hosts_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Access>> accesses_;                       // by repository
  std::map<std::string, std::chrono::steady_clock::time_point> held_back_until_;  // by origin
};

}  // namespace cbuild::registry
