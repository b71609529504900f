// Drives a transfer of libcurl, and translates its failures; see http_transfer.h.
#include "src/registry/http_transfer.h"

#include <algorithm>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/registry/http_error.h"

namespace cbuild::registry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint64_t kLeastSpeed = 1024;  // bytes a second
constexpr milliseconds kLongestPoll{1000};   // a cancellation ends it at once

bool is_certificate_failure(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_CRL_BADFILE || code == CURLE_SSL_INVALIDCERTSTATUS;
}

/// Whether a failed TLS handshake was a broken connection, rather than a server without TLS.
bool is_cut_handshake(const std::string& text) {
  return text.find("SYSCALL") != std::string::npos || text.find("reset") != std::string::npos;
}

}  // namespace

void HttpTransfer::resume(bool& paused) {
  if (!paused || done) return;
  paused = false;
  handle->curl().easy_pause(handle->easy(), CURLPAUSE_CONT);
}

/// Runs libcurl without waiting: it calls the callbacks, and reports the end of the transfer.
void HttpTransfer::step() {
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

/// Waits until a socket is ready, the token is cancelled, or a second has passed.
void HttpTransfer::wait() {
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

/// The limit of silence: longer while the server processes a complete upload.
milliseconds HttpTransfer::patience() const {
  if (request.streamed && !is_sending() && !headers_done) return times.upload_answer;
  return times.stall;
}

void HttpTransfer::restart_clock() {
  moved_at_check = moved;
  waited = Clock::duration(0);
}

/// Fails a transfer whose server is silent. Only the time spent in wait() counts, so that a slow
/// caller is not taken for a slow server. Without an answer the limit is for the headers; a body
/// must move 1 KiB/s on average over the limit.
void HttpTransfer::check_stall() {
  const milliseconds limit = patience();
  const bool moving = is_sending() || headers_done;
  // The end of an upload starts the limit for the answer.
  if (was_sending && !is_sending()) restart_clock();
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

void HttpTransfer::throw_if_failed() const {
  if (done && failure.code != CURLE_OK) fail();
}

void HttpTransfer::fail() const {
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
  // A handshake that failed or got no answer: the server may speak plain http on this port
  // (TlsError::handshake), or the connection broke (ConnectionError, which is retried).
  // libcurl 7.88 reports no connect time while the handshake runs.
  const bool is_connected = connected > 0 || text.starts_with("SSL connection timeout");
  const bool silent_handshake = failure.code == CURLE_OPERATION_TIMEDOUT && is_connected &&
                                encrypted == 0 && request.url.scheme == "https";
  if (failure.code == CURLE_SSL_CONNECT_ERROR || silent_handshake) {
    if (request.probing || (!silent_handshake && !is_cut_handshake(text))) {
      throw TlsError(TlsError::Reason::handshake, "{}: {}", what, text);
    }
    throw ConnectionError(Stage::connect, "{}: {}", what, text);
  }
  // Of the rest, only failures of the connection deserve a retry.
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

}  // namespace cbuild::registry
