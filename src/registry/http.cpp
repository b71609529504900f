// HTTP by libcurl; see http.h. Each exchange drives a multi handle of its own from the thread that
// wants its bytes, so that there is no thread here, and waiting can be cancelled.
#include "src/registry/http.h"

#include <algorithm>
#include <array>

#include "cbuild/util/text.h"
#include "src/registry/http_state.h"

namespace cbuild::registry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxDrained = 64 * 1024;
constexpr std::uint64_t kLeastSpeed = 1024;  // bytes a second
constexpr milliseconds kLongestPoll{1000};   // a cancellation ends it at once
constexpr milliseconds kLongestDrain{2000};

bool is_certificate_failure(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_CRL_BADFILE || code == CURLE_SSL_INVALIDCERTSTATUS;
}

/// A connection that broke in the handshake says so; one with another protocol does not.
bool is_cut_handshake(const std::string& text) {
  return text.find("SYSCALL") != std::string::npos || text.find("reset") != std::string::npos;
}

}  // namespace

void HttpExchange::State::resume(bool& paused) {
  if (!paused || done) return;
  paused = false;
  handle->curl().easy_pause(handle->easy(), CURLPAUSE_CONT);
}

/// Lets libcurl do what can be done now.
void HttpExchange::State::step() {
  cancel.check();
  if (!handle) prepare();
  if (done) return;
  const CurlLibrary& curl = handle->curl();
  int running = 0;
  const CURLMcode code = curl.multi_perform(handle->multi(), &running);
  if (code != CURLM_OK) throw Error("libcurl: {}", curl.multi_strerror(code));
  int left = 0;
  while (const CURLMsg* message = curl.multi_info_read(handle->multi(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    done = true;
    failure.code = message->data.result;
    failure.text = error_text[0] != '\0' ? error_text.data() : curl.easy_strerror(failure.code);
  }
}

/// Waits until the network has something, or for a second.
void HttpExchange::State::wait() {
  const CurlLibrary& curl = handle->curl();
  const auto begin = Clock::now();
  curl_waitfd extra{cancel.fd(), CURL_WAIT_POLLIN, 0};
  const auto longest = std::clamp(patience(), milliseconds(1), kLongestPoll);
  const CURLMcode code =
      curl.multi_poll(handle->multi(), &extra, 1, static_cast<int>(longest.count()), nullptr);
  if (code != CURLM_OK) throw Error("libcurl: {}", curl.multi_strerror(code));
  cancel.check();
  waited += Clock::now() - begin;
  check_stall();
}

/// How long the server may be slow now.
milliseconds HttpExchange::State::patience() const {
  if (request.streamed && !is_sending() && !headers_done) return times.upload_answer;
  return times.stall;
}

void HttpExchange::State::restart_clock() {
  moved_at_check = moved;
  waited = Clock::duration(0);
}

/// Only the time spent in wait() counts: a slow reader or writer of ours is not the server's fault.
/// An answer must have come within the limit; a body must move on.
void HttpExchange::State::check_stall() {
  const milliseconds limit = patience();
  const bool moving = is_sending() || headers_done;
  if (was_sending && !is_sending()) restart_clock();  // from now on it is the server's turn
  was_sending = is_sending();
  const auto enough = kLeastSpeed * static_cast<std::uint64_t>(limit.count()) / 1000;
  if (moving && moved - moved_at_check >= std::max<std::uint64_t>(enough, 1)) restart_clock();
  if (waited >= times.notice && !told) {
    told = true;
    silences->tell(request, std::chrono::duration_cast<std::chrono::seconds>(waited));
  }
  if (waited < limit) return;
  const std::string came =
      moving ? fmt::format("{} bytes", moved - moved_at_check) : std::string("no answer");
  throw ConnectionError(ConnectionError::Stage::transfer,
                        "{} {}: the server is silent: {} within {} s", request.method,
                        request.url.display(), came, limit.count() / 1000);
}

void HttpExchange::State::throw_if_failed() const {
  if (done && failure.code != CURLE_OK) fail();
}

void HttpExchange::State::fail() const {
  const std::string what = fmt::format("{} {}", request.method, request.url.display());
  if (!refusal.empty()) throw Error(ErrorKind::network, "{}: {}", what, refusal);
  const std::string text = printable(failure.text);
  using Stage = ConnectionError::Stage;
  if (is_certificate_failure(failure.code)) {
    TlsError error(TlsError::Reason::certificate, "{}: {}", what, text);
    error.with_hint(fmt::format(
        "put the certificate of its authority into ~/.config/containers/certs.d/{}/ca.crt",
        request.url.base().substr(request.url.scheme.size() + 3)));
    throw error;
  }
  double connected = 0;
  double encrypted = 0;
  handle->curl().easy_getinfo(handle->easy(), CURLINFO_CONNECT_TIME, &connected);
  handle->curl().easy_getinfo(handle->easy(), CURLINFO_APPCONNECT_TIME, &encrypted);
  // libcurl 7.88 does not tell the time of a connection whose handshake is not over.
  const bool is_connected = connected > 0 || text.starts_with("SSL connection timeout");
  const bool silent_handshake = failure.code == CURLE_OPERATION_TIMEDOUT && is_connected &&
                                encrypted == 0 && request.url.scheme == "https";
  if (failure.code == CURLE_SSL_CONNECT_ERROR || silent_handshake) {
    if (request.probing || (!silent_handshake && !is_cut_handshake(text))) {
      throw TlsError(TlsError::Reason::handshake, "{}: {}", what, text);
    }
    throw ConnectionError(Stage::connect, "{}: {}", what, text);
  }
  switch (static_cast<int>(failure.code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw ConnectionError(Stage::resolve, "{}: {}", what, text);
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      throw ConnectionError(Stage::connect, "{}: {}", what, text);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CIPHER:
    case CURLE_HTTP2:
      throw Error(ErrorKind::network, "{}: {}", what, text);
    default:
      throw ConnectionError(Stage::transfer, "{}: {}", what, text);
  }
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::vector<std::string> HttpResponse::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, name)) values.push_back(header.value);
  }
  return values;
}

HttpExchange::HttpExchange(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::write(std::span<const std::byte> bytes) {
  State& s = *state_;
  if (bytes.size() > s.unwritten) throw Error("more bytes uploaded than announced");
  s.unwritten -= bytes.size();
  s.outgoing = bytes;
  for (;;) {
    s.step();
    s.throw_if_failed();
    if (s.outgoing.empty() || s.done) break;
    if (s.write_paused) {
      s.resume(s.write_paused);
    } else {
      s.wait();
    }
  }
  s.outgoing = {};
}

bool HttpExchange::answered() const noexcept {
  return state_->headers_done;
}

const HttpResponse& HttpExchange::response() {
  State& s = *state_;
  while (!s.headers_done) {
    s.step();
    if (s.headers_done) break;  // what failed after them is the body's affair
    s.throw_if_failed();
    if (s.done) {
      throw ConnectionError(ConnectionError::Stage::transfer, "{} {}: no answer", s.request.method,
                            s.request.url.display());
    }
    if (s.write_paused && s.unwritten == 0) s.resume(s.write_paused);
    s.wait();
  }
  return s.answer;
}

std::size_t HttpExchange::read(std::span<std::byte> buffer) {
  State& s = *state_;
  response();
  if (buffer.empty()) return 0;
  if (const std::size_t waiting = s.ahead.size() - s.ahead_at; waiting > 0) {
    const std::size_t count = std::min(waiting, buffer.size());
    std::copy_n(s.ahead.begin() + static_cast<std::ptrdiff_t>(s.ahead_at), count, buffer.begin());
    s.ahead_at += count;
    return count;
  }
  s.wanted = buffer;
  const auto filled = [&] { return buffer.size() - s.wanted.size(); };
  try {
    while (filled() == 0) {
      s.resume(s.read_paused);
      if (filled() > 0) break;
      s.step();
      if (filled() > 0) break;
      s.throw_if_failed();
      if (s.done) break;
      if (!s.read_paused) s.wait();
    }
  } catch (...) {
    s.wanted = {};
    throw;
  }
  const std::size_t count = filled();
  s.wanted = {};
  return count;
}

bool HttpExchange::has_length() const noexcept {
  const HttpResponse& answer = state_->answer;
  return answer.header("Content-Length").has_value() ||
         answer.header("Transfer-Encoding").has_value();
}

void HttpExchange::hurry(milliseconds longest) noexcept {
  state_->times.stall = std::min(state_->times.stall, std::max(longest, milliseconds(1)));
}

milliseconds HttpExchange::silence() const noexcept {
  return std::chrono::duration_cast<milliseconds>(state_->waited);
}

void HttpExchange::drain() noexcept {
  hurry(kLongestDrain);
  std::array<std::byte, 4096> buffer;
  std::size_t total = 0;
  try {
    while (total < kMaxDrained) {
      const std::size_t count = read(buffer);
      if (count == 0) return;
      total += count;
    }
  } catch (const Error&) {  // then the connection is not used again
  }
}

Http::Http(const HttpTimes& times, Announce announce, const CancelToken& cancel)
    : times_(times),
      cancel_(cancel),
      pool_(std::make_shared<Pool>()),
      silences_(std::make_shared<Silences>(std::move(announce), times.notice)) {}

Http::~Http() = default;

std::unique_ptr<HttpExchange> Http::start(HttpRequest request) {
  HttpTimes times = times_;
  if (const auto deadline = request.attempt.deadline) {
    const auto left = std::chrono::ceil<milliseconds>(*deadline - Clock::now());
    times.stall = std::clamp(left, milliseconds(1), times.stall);
    times.connect = std::min(times.connect, times.stall);
  }
  auto state = std::make_unique<HttpExchange::State>(times, cancel_, std::move(request));
  state->pool = pool_;
  state->silences = silences_;
  return std::unique_ptr<HttpExchange>(new HttpExchange(std::move(state)));
}

}  // namespace cbuild::registry