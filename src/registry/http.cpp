// HTTP by libcurl; see http.h. Each exchange drives a multi handle of its own from the thread that
// wants its bytes, so that there is no thread here, and waiting can be cancelled.
#include "src/registry/http.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "config.h"
#include "src/registry/http_handle.h"

namespace cbuild::registry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxHeaders = 256 * 1024;
constexpr std::size_t kReadAhead = 1 << 20;
constexpr std::size_t kMaxDrained = 64 * 1024;
constexpr std::uint64_t kLeastSpeed = 1024;  // bytes a second
constexpr milliseconds kLongestPoll{1000};   // a cancellation ends it at once
constexpr long kProbeTime = 3000;            // ms
constexpr long kCurlBuffer = 256 * 1024;
constexpr milliseconds kLongestDrain{2000};

/// A failure by the text of libcurl, which knows the reason best.
struct Failure {
  CURLcode code = CURLE_OK;
  std::string text;
};

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

/// What the callbacks of libcurl see. They throw nothing: they remember what was wrong.
struct HttpExchange::State {
  HttpTimes times;
  const CancelToken& cancel;
  std::shared_ptr<Http::Pool> pool{};
  std::shared_ptr<Http::Silences> silences{};
  HttpRequest request;
  std::unique_ptr<HttpHandle> handle{};
  curl_slist* header_list = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text{};

  HttpResponse answer{};
  bool headers_done = false;
  std::size_t header_bytes = 0;

  std::vector<std::byte> ahead{};  // of the body, read but not asked for; [ahead_at, end)
  std::size_t ahead_at = 0;
  std::span<std::byte> wanted{};  // where read() wants bytes
  bool read_paused = false;

  std::span<const std::byte> outgoing{};  // what write() has for the server
  std::uint64_t unwritten = 0;            // bytes of a streamed body still to come
  bool write_paused = false;

  bool done = false;
  std::string refusal{};  // why we broke it off ourselves
  Failure failure{};
  std::uint64_t moved = 0;  // bytes in either direction
  std::uint64_t moved_at_check = 0;
  Clock::duration waited{0};  // since that check
  bool was_sending = false;
  bool told = false;  // that the server is silent

  State(const HttpTimes& t, const CancelToken& c, HttpRequest r)
      : times(t), cancel(c), request(std::move(r)), unwritten(request.streamed.value_or(0)) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void prepare();
  void prepare_tls();
  void prepare_body();
  void prepare_headers();
  void step();
  void wait();
  void resume(bool& paused);

  bool is_sending() const { return unwritten > 0 || !outgoing.empty(); }

  milliseconds patience() const;
  void restart_clock();
  void check_stall();
  [[noreturn]] void fail() const;
  void throw_if_failed() const;

  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::span<const std::byte> bytes);
  std::size_t on_send(std::span<std::byte> room);
};

/// Tells of a silent host once for all that wait for it.
class Http::Silences {
 public:
  Silences(Announce announce, milliseconds pause) : announce_(std::move(announce)), pause_(pause) {}

  void tell(const HttpRequest& request, std::chrono::seconds silence) {
    const std::string host = request.url.base().substr(request.url.scheme.size() + 3);
    {
      const std::lock_guard lock(mutex_);
      const auto now = Clock::now();
      const auto [entry, is_new] = told_.try_emplace(host, now);
      if (!is_new && now - entry->second < pause_) return;
      entry->second = now;
    }
    if (announce_) announce_(silence_text(host, silence, request.attempt));
  }

 private:
  static std::string silence_text(const std::string& host,
                                  std::chrono::seconds silence,
                                  const Attempt& attempt) {
    std::string text = fmt::format("{} has been silent for {} s, try {} of {}", printable(host),
                                   silence.count(), attempt.number, Retry::kTries);
    if (attempt.deadline) {
      const auto left = std::chrono::ceil<std::chrono::seconds>(*attempt.deadline - Clock::now());
      text += fmt::format("; it is given up in {} s", std::max<std::int64_t>(left.count(), 0));
    }
    return text;
  }

  const Announce announce_;
  const milliseconds pause_;
  std::mutex mutex_;
  std::map<std::string, Clock::time_point> told_;  // by host
};

namespace {

template <typename State>
std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* state) {
  return static_cast<State*>(state)->on_header({data, size * count});
}

template <typename State>
std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* state) {
  return static_cast<State*>(state)->on_body(
      {reinterpret_cast<const std::byte*>(data), size * count});
}

template <typename State>
std::size_t send_callback(char* data, std::size_t size, std::size_t count, void* state) {
  return static_cast<State*>(state)->on_send({reinterpret_cast<std::byte*>(data), size * count});
}

}  // namespace

HttpExchange::State::~State() {
  if (handle) {
    handle->detach();
    handle->curl().easy_reset(handle->easy());
    // What was cut off in the middle leaves libcurl 7.88 handles that refuse some options later.
    const bool clean = done && failure.code == CURLE_OK;
    if (clean) pool->put(request.url.base(), std::move(handle));
  }
  if (header_list != nullptr) CurlLibrary::get().slist_free_all(header_list);
}

void HttpExchange::State::prepare() {
  handle = pool->take(request.url.base());
  HttpHandle& h = *handle;
  const std::string url = request.url.to_string();
  h.set(CURLOPT_URL, url.c_str());
  h.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  h.set(CURLOPT_FOLLOWLOCATION, 0L);
  h.set(CURLOPT_PATH_AS_IS, 1L);
  // One stream a connection: nothing is gained by HTTP/2, and pausing is simple without.
  h.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  h.set(CURLOPT_NOSIGNAL, 1L);
  h.set(CURLOPT_USERAGENT, "cbuild/" CBUILD_VERSION);
  h.set(CURLOPT_ERRORBUFFER, error_text.data());
  h.set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(request.probing
                              ? std::min<milliseconds::rep>(times.connect.count(), kProbeTime)
                              : times.connect.count()));
  h.set(CURLOPT_BUFFERSIZE, kCurlBuffer);
  h.set(CURLOPT_UPLOAD_BUFFERSIZE, kCurlBuffer);
  h.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  h.set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (request.direct) h.set(CURLOPT_NOPROXY, "*");
#if LIBCURL_VERSION_NUM >= 0x075700
  // Else a cancelled look-up of a name waits for its thread. Unknown to older libraries: fine.
  h.curl().easy_setopt(h.easy(), CURLOPT_QUICK_EXIT, 1L);
#endif
  h.set(CURLOPT_HEADERFUNCTION, &header_callback<State>);
  h.set(CURLOPT_HEADERDATA, this);
  h.set(CURLOPT_WRITEFUNCTION, &body_callback<State>);
  h.set(CURLOPT_WRITEDATA, this);
  prepare_tls();
  prepare_body();
  prepare_headers();
  h.attach();
}

void HttpExchange::State::prepare_tls() {
  HttpHandle& h = *handle;
  h.set(CURLOPT_SSL_VERIFYPEER, 1L);
  h.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request.tls || request.url.scheme != "https") return;
  if (!request.tls->authorities.empty()) {
    // A blob replaces the file of the system: hand over both.
    std::string system_file = "/etc/ssl/certs/ca-certificates.crt";
#if LIBCURL_VERSION_NUM >= 0x075400
    char* known = nullptr;
    h.curl().easy_getinfo(h.easy(), CURLINFO_CAINFO, &known);
    if (known != nullptr) system_file = known;
#endif
    std::string all = read_file_if_exists(system_file).value_or("");
    all += "\n" + request.tls->authorities;
    curl_blob blob{all.data(), all.size(), CURL_BLOB_COPY};
    h.set(CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!request.tls->certificate.empty()) {
    h.set(CURLOPT_SSLCERT, request.tls->certificate.c_str());
    h.set(CURLOPT_SSLKEY, request.tls->key.c_str());
  }
}

void HttpExchange::State::prepare_body() {
  HttpHandle& h = *handle;
  if (request.method == "HEAD") {
    h.set(CURLOPT_NOBODY, 1L);
  } else if (request.streamed || !request.body.empty()) {
    // By a callback that cannot begin again: else libcurl itself would repeat the request when a
    // connection that is used again breaks, and an upload session would get its bytes twice.
    if (!request.streamed) outgoing = as_bytes(request.body);
    h.set(CURLOPT_UPLOAD, 1L);
    h.set(CURLOPT_INFILESIZE_LARGE,
          static_cast<curl_off_t>(request.streamed.value_or(request.body.size())));
    h.set(CURLOPT_READFUNCTION, &send_callback<State>);
    h.set(CURLOPT_READDATA, this);
  } else if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    h.set(CURLOPT_POSTFIELDS, "");
    h.set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
  }
}

void HttpExchange::State::prepare_headers() {
  const CurlLibrary& curl = handle->curl();
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl.slist_append(header_list, line.c_str());
    if (longer == nullptr) throw Error("no memory for an HTTP request");
    header_list = longer;
  };
  append("Expect:");
  append("Accept-Encoding: identity");
  bool has_type = false;
  for (const Header& header : request.headers) {
    if (header.value.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorKind::network, "line break in the header {}", header.name);
    }
    has_type = has_type || equals_ignoring_case(header.name, "Content-Type");
    append(header.name + ": " + header.value);
  }
  if (!has_type) append("Content-Type:");  // libcurl would claim a form
  handle->set(CURLOPT_HTTPHEADER, header_list);
}

std::size_t HttpExchange::State::on_header(std::string_view line) {
  header_bytes += line.size();
  moved += line.size();
  if (header_bytes > kMaxHeaders) {
    refusal = "the answer has more than 256 KiB of headers";
    return 0;
  }
  if (headers_done) return line.size();  // trailers
  if (line.starts_with("HTTP/")) {
    answer = {};
    const auto space = line.find(' ');
    const auto status =
        space == std::string_view::npos ? std::nullopt : parse_uint(line.substr(space + 1, 3));
    answer.status = static_cast<int>(status.value_or(0));
    return line.size();
  }
  const std::string_view content = trim(line);
  if (content.empty()) {
    headers_done = answer.status >= 200;
    if (headers_done) restart_clock();
    return line.size();
  }
  const auto colon = content.find(':');
  if (colon != std::string_view::npos) {
    answer.headers.push_back({std::string(trim(content.substr(0, colon))),
                              std::string(trim(content.substr(colon + 1)))});
  }
  return line.size();
}

std::size_t HttpExchange::State::on_body(std::span<const std::byte> bytes) {
  const std::size_t waiting = ahead.size() - ahead_at;
  if (waiting == 0) {
    ahead.clear();
    ahead_at = 0;
  }
  const std::size_t direct = waiting == 0 ? std::min(wanted.size(), bytes.size()) : 0;
  if (waiting + bytes.size() - direct > kReadAhead) {
    read_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  std::copy_n(bytes.begin(), direct, wanted.begin());
  wanted = wanted.subspan(direct);
  ahead.insert(ahead.end(), bytes.begin() + static_cast<std::ptrdiff_t>(direct), bytes.end());
  moved += bytes.size();
  return bytes.size();
}

std::size_t HttpExchange::State::on_send(std::span<std::byte> room) {
  if (outgoing.empty() && unwritten > 0) {
    write_paused = true;
    return CURL_READFUNC_PAUSE;
  }
  const std::size_t count = std::min(room.size(), outgoing.size());
  std::copy_n(outgoing.begin(), count, room.begin());
  outgoing = outgoing.subspan(count);
  moved += count;
  return count;
}

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
