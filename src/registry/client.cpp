// Requests to registries; see client.h.
#include "src/registry/client.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/registry/json.h"

namespace cbuild::registry {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kMaxRedirects = 5;
constexpr std::uint64_t kMaxErrorBody = 64 * 1024;
constexpr std::size_t kShownError = 1024;
constexpr std::uint64_t kMaxTokenAnswer = 1 << 20;

std::optional<seconds> retry_after(const HttpResponse& response) {
  const auto value = response.header("Retry-After");
  return value ? parse_retry_after(*value, std::time(nullptr)) : std::nullopt;
}

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
std::string explanation(const HttpResponse& response, Source& body) {
  std::string raw;
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

std::string hint_for(int status, const std::string& registry) {
  switch (status) {
    case 401:
      return fmt::format("run \"cbuild login {}\"", registry);
    case 403:
      return fmt::format("this user may not do that there; \"cbuild login {}\" makes you another",
                         registry);
    case 413:
      return "a proxy in front of the registry limits the size of uploads";
    case 429:
      return fmt::format("a limit is reached; \"cbuild login {}\" may raise it", registry);
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
      http_({.connect = options_.times.connect, .stall = options_.times.stall}, cancel),
      hosts_(options_) {}

std::unique_ptr<Authenticator> Client::make_auth(const std::string& registry,
                                                 Authenticator::FindCredentials find) {
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
  access->auth = make_auth(registry, [credentials] { return std::optional(credentials); });
  return access;
}

HttpRequest Client::prepare(Access& access, const Call& call) {
  const Url base = hosts_.base(access.registry);
  HttpRequest request{.method = call.method,
                      .url = base,
                      .headers = call.headers,
                      .body = call.body,
                      .streamed = call.streamed,
                      .tls = nullptr};
  if (call.url) {
    request.url = *call.url;
  } else {
    request.url.target = call.path;
  }
  if (same_origin(request.url, base)) {
    if (auto value = access.auth->header(base, call.scope)) {
      request.headers.push_back({"Authorization", std::move(*value)});
    }
  }
  return request;
}

Reply Client::begin(HttpRequest request, const Url& registry) {
  wait_for_turn(request.url);
  request.tls = hosts_.tls(request.url, registry, request.anonymous);
  request.direct = Hosts::is_direct(request.url);
  request.probing = hosts_.may_fall_back(request.url);
  Url url = request.url;
  return {http_.start(std::move(request)), std::move(url)};
}

Reply Client::start(Access& access, const Call& call) {
  return begin(prepare(access, call), hosts_.base(access.registry));
}

/// What the registry's host answered in, it speaks.
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
  bool logged_in = false;
  for (;;) {
    HttpRequest request = prepare(access, call);
    const Url base = hosts_.base(access.registry);
    std::optional<std::string> sent;
    if (!request.headers.empty() && request.headers.back().name == "Authorization") {
      sent = request.headers.back().value;
    }
    // Another thread may have found out meanwhile.
    const auto may_fall_back = [&] {
      return hosts_.may_fall_back(base) || hosts_.base(access.registry).scheme != base.scheme;
    };
    const auto fall_back = [&] {
      Url plain = base;
      plain.scheme = "http";
      if (plain.port == 443) plain.port = 80;
      hosts_.remember_scheme(plain);
      log_debug("{} does not speak TLS; http it is", base.host);
    };
    try {
      Reply reply = run(request, base);
      const bool ours = same_origin(reply.url, base);
      if (reply.status() != 401 || !ours || logged_in) return reply;
      logged_in = true;
      if (!access.auth->challenged(reply.response().all("WWW-Authenticate"), base, call.scope,
                                   sent)) {
        return reply;
      }
      reply.exchange->drain();
    } catch (const TlsError& error) {
      if (error.reason() != TlsError::Reason::handshake || !may_fall_back()) throw;
      fall_back();
    } catch (const ConnectionError& error) {
      const bool elsewhere = error.stage() == ConnectionError::Stage::connect && base.port == 443;
      if (!elsewhere || !may_fall_back()) throw;
      fall_back();
    }
  }
}

Reply Client::send(Access& access, const Call& call) {
  Retry tries = retry();
  for (;;) {
    std::optional<seconds> after;
    try {
      Reply reply = try_once(access, call);
      if (!call.repeat || !is_retryable_status(reply.status())) return reply;
      after = retry_after(reply.response());
      if (after) hold_back(reply.url, *after);
      refuse(access, call, reply);
    } catch (const ConnectionError& error) {
      if (!call.repeat) throw;
      if (error.stage() == ConnectionError::Stage::resolve) tries.limit(3);
      tries.failed(error, after);
    } catch (const oci::TransientError& error) {
      if (!call.repeat) throw;
      tries.failed(error, after);
    }
  }
}

Reply Client::get(const Url& url, const std::vector<Header>& headers) {
  const HttpRequest request = anonymous_get(url, headers);
  Retry tries = retry();
  for (;;) {
    std::optional<seconds> after;
    try {
      Reply reply = follow(request, url);
      const int status = reply.status();
      if (!is_retryable_status(status)) return reply;
      after = retry_after(reply.response());
      if (after) hold_back(reply.url, *after);
      throw oci::TransientError(ErrorKind::network, "GET {}: {} {}", reply.url.display(), status,
                                status_text(status));
    } catch (const ConnectionError& error) {
      if (error.stage() == ConnectionError::Stage::resolve) tries.limit(3);
      tries.failed(error, after);
    } catch (const oci::TransientError& error) {
      tries.failed(error, after);
    }
  }
}

Reply Client::ask(const Url& url, const std::vector<Header>& headers) {
  return begin(anonymous_get(url, headers), url);
}

std::optional<Document> Client::fetch(Access& access, const Call& call, std::uint64_t limit) {
  Retry tries = retry();
  for (;;) {
    Reply reply = send(access, call);
    if (reply.status() == 404) return std::nullopt;
    if (reply.status() != 200) refuse(access, call, reply);
    try {
      std::string body = read_at_most(*reply.exchange, limit + 1);
      if (body.size() > limit) {
        throw Error(ErrorKind::network, "{} {}: larger than {} bytes", call.method,
                    reply.url.display(), limit);
      }
      return Document{reply.url, reply.response(), std::move(body)};
    } catch (const oci::TransientError& error) {
      tries.failed(error);
    }
  }
}

void Client::refuse(const Access& access, const Call& call, Reply& reply) {
  const HttpResponse response = reply.response();
  std::string text = fmt::format("{} {}: {}", call.method, reply.url.display(), response.status);
  if (const auto name = status_text(response.status); !name.empty())
    text += fmt::format(" {}", name);
  if (const std::string why = explanation(response, *reply.exchange); !why.empty())
    text += ": " + why;
  const std::string hint = hint_for(response.status, access.registry);
  if (is_retryable_status(response.status)) {
    oci::TransientError error(ErrorKind::network, "{}", text);
    error.with_hint(hint);
    throw error;
  }
  Error error(ErrorKind::network, "{}", text);
  error.with_hint(hint);
  throw error;
}

Url Client::location(const Reply& reply) {
  const auto header = reply.response().header("Location");
  auto url = header ? reply.url.resolve(*header) : std::nullopt;
  if (!url) {
    throw Error(ErrorKind::network, "{}: {} leads nowhere: Location '{}'", reply.url.display(),
                reply.response().status, printable(header.value_or("").substr(0, 300)));
  }
  if (reply.url.scheme == "https" && url->scheme == "http") {
    const bool forgot =
        url->host == reply.url.host && (url->port == 80 || url->port == reply.url.port);
    if (!forgot) {
      throw Error(ErrorKind::network, "{} leads to {}, which is not encrypted", reply.url.display(),
                  url->display());
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
  Retry tries = retry();
  for (;;) {
    std::optional<seconds> after;
    try {
      Reply reply = run(http, hosts_.base(registry));
      const int status = reply.status();
      std::string body = read_at_most(*reply.exchange, kMaxTokenAnswer);
      if (!is_retryable_status(status)) return {status, std::move(body)};
      after = retry_after(reply.response());
      throw oci::TransientError(ErrorKind::network, "{} {}: {} {}", http.method, http.url.display(),
                                status, status_text(status));
    } catch (const oci::TransientError& error) {
      tries.failed(error, after);
    }
  }
}

/// One host that asks for a pause gets it from all threads.
void Client::hold_back(const Url& url, seconds time) {
  if (time > Retry::kLongestRetryAfter) return;
  const std::lock_guard lock(mutex_);
  auto& until = held_back_until_[url.base()];
  until = std::max(until, steady_clock::now() + time);
}

void Client::wait_for_turn(const Url& url) {
  steady_clock::time_point until;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_back_until_.find(url.base());
    if (found == held_back_until_.end()) return;
    until = found->second;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  if (left.count() > 0) sleep_for(left, cancel_);
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view status_text(int status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return {};
  }
}

}  // namespace cbuild::registry
