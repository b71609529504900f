// Requests to registries; see client.h.
#include "src/registry/client.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "cbuild/oci/reference.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/registry/credential_files.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/registry/access.h"
#include "src/registry/auth.h"
#include "src/registry/http_error.h"
#include "src/registry/http_status.h"
#include "src/registry/json.h"

namespace cbuild::registry {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kMaxRedirects = 5;
constexpr std::uint64_t kMaxErrorBody = 64 * 1024;
constexpr std::size_t kShownError = 1024;
constexpr std::uint64_t kMaxTokenAnswer = 1 << 20;
constexpr std::chrono::milliseconds kErrorBodyTime{5000};
constexpr int kMaxRenewals = 3;  // of a token, for one request

std::optional<seconds> retry_after(const HttpResponse& response) {
  const auto value = response.header("Retry-After");
  return value ? parse_retry_after(*value, std::time(nullptr)) : std::nullopt;
}

/// The server wants to be asked later.
class BusyError : public oci::TransientError {
 public:
  BusyError(const std::string& text, std::optional<std::chrono::seconds> after)
      : TransientError(ErrorKind::network, "{}", text), after_(after) {}

  /// By its header Retry-After.
  std::optional<std::chrono::seconds> after() const noexcept { return after_; }

 private:
  std::optional<std::chrono::seconds> after_;
};

/// At most `limit` bytes of the body; whether there are more is not said.
std::string read_at_most(Source& body, std::uint64_t limit) {
  std::string text;
  std::array<std::byte, 8192> buffer;
  while (text.size() < limit) {
    const std::size_t room = std::min<std::uint64_t>(buffer.size(), limit - text.size());
    const std::size_t count = body.read(std::span(buffer).first(room));
    if (count == 0) break;
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return text;
}

/// What the server says about its refusal: the errors of the registry, or a short text that is no
/// web page.
std::string explanation(const HttpResponse& response, HttpExchange& body) {
  std::string raw;
  body.hurry(kErrorBodyTime);
  try {
    raw = read_at_most(body, kMaxErrorBody);
  } catch (const oci::TransientError&) {
    return {};
  }
  std::string text = parse_error_answer(raw);
  if (text.empty() && response.header("Content-Type").value_or("").starts_with("text/plain")) {
    text = std::string(trim(raw));
  }
  if (text.size() > kShownError) text.resize(kShownError);
  return printable(text);
}

/// "GET https://host/path: 404 Not Found".
std::string status_line(const std::string& method, const Reply& reply) {
  const std::string_view text = status_text(reply.status());
  return fmt::format("{} {}: {}{}{}", method, reply.url.display(), reply.status(),
                     text.empty() ? "" : " ", text);
}

std::string hint_for(int status, const std::string& registry) {
  switch (status) {
    case 401:
      return fmt::format("run \"cbuild login {}\"", registry);
    case 403:
      return fmt::format("this user lacks the permission; \"cbuild login {}\" changes the user",
                         registry);
    case 413:
      return "a proxy in front of the registry limits the size of uploads";
    case 429:
      return fmt::format(
          "the registry's limit of requests is reached; \"cbuild login {}\" may raise it",
          registry);
    default:
      return {};
  }
}

/// Nothing that says who we are.
void make_anonymous(HttpRequest& request) {
  std::erase_if(request.headers,
                [](const Header& header) { return header.name == "Authorization"; });
  request.anonymous = true;
}

HttpRequest anonymous_get(const Url& url, const std::vector<Header>& headers) {
  return {.method = "GET",
          .url = url,
          .headers = headers,
          .body = {},
          .streamed = std::nullopt,
          .tls = nullptr,
          .anonymous = true};
}

}  // namespace

Client::Client(Options options, const CancelToken& cancel)
    : options_(std::move(options)),
      cancel_(cancel),
      http_({.connect = options_.times.connect,
             .stall = options_.times.stall,
             .upload_answer = options_.times.whole,
             .notice = options_.times.notice},
            options_.announce,
            cancel),
      hosts_(options_) {}

Retry Client::retry(const Attempt& within) const {
  const Times& times = options_.times;
  return {{times.first_delay, times.whole, times.notice}, options_.announce, cancel_, within};
}

void Client::announce(std::string_view text) const {
  if (options_.announce) options_.announce(text);
}

std::unique_ptr<Authenticator> Client::make_auth(const std::string& registry,
                                                 std::function<FoundCredentials()> find) {
  return std::make_unique<Authenticator>(
      registry, options_.insecure, std::move(find),
      [this, registry](const TokenRequest& request) { return fetch_token(registry, request); });
}

std::shared_ptr<Access> Client::access(const oci::Reference& reference) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Access>& access = accesses_[reference.name()];
  if (!access) {
    access = std::make_shared<Access>();
    access->registry = reference.registry;
    access->auth = make_auth(reference.registry, [this, reference] {
      return find_credentials(options_.credentials, reference, cancel_);
    });
  }
  return access;
}

std::shared_ptr<Access> Client::access_as(const std::string& registry,
                                          const Credentials& credentials) {
  auto access = std::make_shared<Access>();
  access->registry = registry;
  access->auth = make_auth(registry, [credentials] { return FoundCredentials{credentials, {}}; });
  return access;
}

HttpRequest Client::prepare(Access& access, const Call& call, const Proof& proof) {
  HttpRequest request{.method = call.method,
                      .url = hosts_.base(access.registry),
                      .headers = call.headers,
                      .body = call.body,
                      .streamed = call.streamed,
                      .attempt = call.within,
                      .tls = nullptr};
  if (call.url) {
    request.url = *call.url;
  } else {
    request.url.target = call.path;
  }
  if (proof) request.headers.push_back({"Authorization", *proof});
  return request;
}

/// The known authorization for requests to the registry itself.
Client::Proof Client::proof(Access& access, const Call& call) {
  const Url base = hosts_.base(access.registry);
  if (call.url && !same_origin(*call.url, base)) return std::nullopt;
  return access.auth->header({base, call.scope, call.within});
}

bool Client::renew_token(Access& access, const Call& call, const Reply& reply) {
  const Url base = hosts_.base(access.registry);
  const Proving proving{base, call.scope, retry().attempt()};
  return same_origin(reply.url, base) &&
         access.auth->challenged(reply.response().all("WWW-Authenticate"), proving,
                                 {access.auth->header(proving)});
}

Reply Client::begin(HttpRequest request, const Url& registry) {
  wait_for_turn(request);
  request.tls = hosts_.tls(request.url, registry, request.anonymous);
  request.direct = Hosts::is_direct(request.url);
  request.probing = hosts_.may_fall_back(request.url);
  Url url = request.url;
  return {http_.start(std::move(request)), std::move(url)};
}

Reply Client::start(Access& access, const Call& call) {
  return begin(prepare(access, call, proof(access, call)), hosts_.base(access.registry));
}

/// Remembers the scheme (http or https) that the registry answered on.
Reply Client::run(HttpRequest request, const Url& registry) {
  const Url url = request.url;
  Reply reply = follow(std::move(request), registry);
  hosts_.remember_scheme(url);
  return reply;
}

/// Follows redirects. The credentials stay with the origin that they were meant for.
Reply Client::follow(HttpRequest request, const Url& registry) {
  const Url first = request.url;
  const bool can_follow = request.method == "GET" || request.method == "HEAD";
  for (int hops = 0;; ++hops) {
    Reply reply = begin(request, registry);
    const int status = reply.status();
    if (!is_redirect(status) || !can_follow) return reply;
    if (hops == kMaxRedirects) {
      throw Error(ErrorKind::network, "{} {}: more than {} redirects", request.method,
                  first.display(), kMaxRedirects);
    }
    Url next = location(reply);
    reply.exchange->drain();
    if (!same_origin(next, first)) make_anonymous(request);
    request.url = std::move(next);
  }
}

Reply Client::try_once(Access& access, const Call& call) {
  Proof sent = proof(access, call);
  for (int refusals = 0;;) {
    const Url base = hosts_.base(access.registry);
    try {
      Reply reply = run(prepare(access, call, sent), base);
      const bool ours = same_origin(reply.url, base);
      if (reply.status() != 401 || !ours || refusals == kMaxRenewals) return reply;
      Proof next = access.auth->challenged(reply.response().all("WWW-Authenticate"),
                                           {base, call.scope, call.within}, {sent, refusals++});
      if (!next) return reply;
      sent = std::move(next);
      reply.exchange->drain();
    } catch (const TlsError& error) {
      if (error.reason() != TlsError::Reason::handshake) throw;
      if (!speaks_plain_http(access, base)) throw;
    } catch (const ConnectionError& error) {
      const bool elsewhere = error.stage() == ConnectionError::Stage::connect && base.port == 443;
      if (!elsewhere || !speaks_plain_http(access, base)) throw;
    }
  }
}

/// Whether a registry that does not speak TLS at `base` may be spoken to without, from now on.
bool Client::speaks_plain_http(const Access& access, const Url& base) {
  // Another thread may have found out meanwhile.
  if (!hosts_.may_fall_back(base) && hosts_.base(access.registry).scheme == base.scheme) {
    return false;
  }
  Url plain = base;
  plain.scheme = "http";
  if (plain.port == 443) plain.port = 80;
  hosts_.remember_scheme(plain);
  log_debug("{} does not speak TLS; using http", base.host);
  return true;
}

/// Calls `try_it` until it does not fail for a reason that may be gone next time.
template <typename Try>
auto Client::repeat(const Attempt& within, const Try& try_it) {
  Retry tries = retry(within);
  for (;;) {
    try {
      return try_it(tries.attempt());
    } catch (const BusyError& error) {
      tries.failed(error, error.after());
    } catch (const ConnectionError& error) {
      if (error.stage() == ConnectionError::Stage::resolve) tries.limit(3);
      tries.failed(error);
    } catch (const oci::TransientError& error) {
      tries.failed(error);
    }
  }
}

Reply Client::send(Access& access, const Call& call) {
  if (!call.repeat) return try_once(access, call);
  Call again = call;
  return repeat(call.within, [&](const Attempt& attempt) {
    again.within = attempt;
    Reply reply = try_once(access, again);
    if (is_retryable_status(reply.status())) refuse(access, call, reply);
    return reply;
  });
}

Reply Client::get(const Url& url, const std::vector<Header>& headers, const Attempt& within) {
  HttpRequest request = anonymous_get(url, headers);
  return repeat(within, [&](const Attempt& attempt) {
    request.attempt = attempt;
    Reply reply = follow(request, url);
    if (is_retryable_status(reply.status())) {
      refuse_for_now(reply, status_line(request.method, reply), {});
    }
    return reply;
  });
}

Reply Client::ask(const Url& url, const std::vector<Header>& headers) {
  HttpRequest request = anonymous_get(url, headers);
  request.attempt = spare_attempt();
  return begin(std::move(request), url);
}

std::optional<Document> Client::fetch(Access& access, const Call& call, std::uint64_t limit) {
  Call again = call;
  return repeat(call.within, [&](const Attempt& attempt) -> std::optional<Document> {
    again.within = attempt;
    Reply reply = send(access, again);
    if (reply.status() == 404) return std::nullopt;
    if (reply.status() != 200) refuse(access, call, reply);
    std::string body = read_at_most(*reply.exchange, limit + 1);
    if (body.size() > limit) {
      throw Error(ErrorKind::network, "{} {}: larger than {} bytes", call.method,
                  reply.url.display(), limit);
    }
    return Document{reply.url, reply.response(), std::move(body)};
  });
}

void Client::refuse(const Access& access, const Call& call, Reply& reply) {
  const HttpResponse response = reply.response();
  std::string text = status_line(call.method, reply);
  if (const std::string why = explanation(response, *reply.exchange); !why.empty())
    text += ": " + why;
  if (response.status == 401 || response.status == 403) text += access.auth->faults();
  std::string hint = hint_for(response.status, access.registry);
  if (is_retryable_status(response.status)) refuse_for_now(reply, text, std::move(hint));
  throw Error(ErrorKind::network, "{}", text).with_hint(std::move(hint));
}

void Client::refuse_for_now(const Reply& reply, const std::string& text, std::string hint) {
  const auto after = retry_after(reply.response());
  if (after) hold_back(reply.url, *after);
  BusyError error(text, after);
  error.with_hint(std::move(hint));
  throw error;
}

Url Client::location(const Reply& reply) {
  const auto header = reply.response().header("Location");
  auto url = header ? reply.url.resolve(*header) : std::nullopt;
  if (!url) {
    throw Error(ErrorKind::network, "{}: redirect {} without a usable Location: '{}'",
                reply.url.display(), reply.response().status,
                printable(header.value_or("").substr(0, 300)));
  }
  if (reply.url.scheme == "https" && url->scheme == "http") {
    const bool forgot =
        url->host == reply.url.host && (url->port == 80 || url->port == reply.url.port);
    if (!forgot) {
      throw Error(ErrorKind::network, "{} redirects to {}, which is not encrypted",
                  reply.url.display(), url->display());
    }
    url->scheme = "https";
    url->port = reply.url.port;
  }
  return *url;
}

TokenReply Client::fetch_token(const std::string& registry, const TokenRequest& request) {
  HttpRequest http{.method = request.form ? "POST" : "GET",
                   .url = request.url,
                   .headers = {},
                   .body = request.form.value_or(""),
                   .streamed = std::nullopt,
                   .tls = nullptr};
  if (request.form) http.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  if (request.authorization) http.headers.push_back({"Authorization", *request.authorization});
  return repeat(request.within, [&](const Attempt& attempt) {
    http.attempt = attempt;
    Reply reply = run(http, hosts_.base(registry));
    const int status = reply.status();
    if (is_retryable_status(status)) refuse_for_now(reply, status_line(http.method, reply), {});
    return TokenReply{status, read_at_most(*reply.exchange, kMaxTokenAnswer)};
  });
}

/// One host that asks for a pause gets it from all threads.
void Client::hold_back(const Url& url, seconds time) {
  if (time > options_.times.whole) return;
  const std::lock_guard lock(mutex_);
  auto& until = held_back_until_[url.base()];
  until = std::max(until, steady_clock::now() + time);
}

void Client::wait_for_turn(const HttpRequest& request) {
  steady_clock::time_point until;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_back_until_.find(request.url.base());
    if (found == held_back_until_.end()) return;
    until = found->second;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  if (left.count() <= 0) return;
  if (request.attempt.deadline && until > *request.attempt.deadline) {
    throw Error(ErrorKind::network, "{} {}: the server asks for a pause of {} s", request.method,
                request.url.display(), std::chrono::ceil<seconds>(left).count());
  }
  sleep_for(left, cancel_);
}

}  // namespace cbuild::registry
