// HTTP by libcurl; see http.h. Each exchange drives its own multi handle on the thread of its
// caller: no other thread exists, and every wait can be cancelled. A callback that has no bytes to
// send, or no room for received ones, pauses the transfer; write(), response() and read() resume
// it.
#include "src/registry/http.h"

#include <algorithm>
#include <array>

#include "src/registry/http_error.h"
#include "src/registry/http_transfer.h"

namespace cbuild::registry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxDrained = 64 * 1024;
constexpr milliseconds kLongestDrain{2000};

}  // namespace

HttpExchange::HttpExchange(std::unique_ptr<HttpTransfer> transfer)
    : transfer_(std::move(transfer)) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::write(std::span<const std::byte> bytes) {
  HttpTransfer& s = *transfer_;
  if (bytes.size() > s.unwritten) throw Error("more bytes uploaded than announced");
  s.unwritten -= bytes.size();
  // libcurl takes `outgoing` through on_send(), which pauses when it is empty. The loop ends when
  // all is taken, or with the transfer: a server may answer before the end of the body.
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
  return transfer_->headers_done;
}

const HttpResponse& HttpExchange::response() {
  HttpTransfer& s = *transfer_;
  while (!s.headers_done) {
    s.step();
    if (s.headers_done) break;  // a failure after the headers is reported by read()
    s.throw_if_failed();
    if (s.done) {
      throw ConnectionError(ConnectionError::Stage::transfer, "{} {}: no answer", s.request.method,
                            s.request.url.display());
    }
    // All of the body is written: the resumed on_send() now returns 0, the end of the body.
    if (s.write_paused && s.unwritten == 0) s.resume(s.write_paused);
    s.wait();
  }
  return s.answer;
}

std::size_t HttpExchange::read(std::span<std::byte> buffer) {
  HttpTransfer& s = *transfer_;
  response();
  if (buffer.empty()) return 0;
  // First the bytes that on_body() received before they were asked for.
  if (const std::size_t waiting = s.ahead.size() - s.ahead_at; waiting > 0) {
    const std::size_t count = std::min(waiting, buffer.size());
    std::copy_n(s.ahead.begin() + static_cast<std::ptrdiff_t>(s.ahead_at), count, buffer.begin());
    s.ahead_at += count;
    return count;
  }
  // Then on_body() writes into `buffer` directly. libcurl calls it from resume() or step().
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
  const HttpResponse& answer = transfer_->answer;
  return answer.header("Content-Length").has_value() ||
         answer.header("Transfer-Encoding").has_value();
}

void HttpExchange::hurry(milliseconds longest) noexcept {
  transfer_->times.stall = std::min(transfer_->times.stall, std::max(longest, milliseconds(1)));
}

milliseconds HttpExchange::silence() const noexcept {
  return std::chrono::duration_cast<milliseconds>(transfer_->waited);
}

void HttpExchange::drain() noexcept {
  // A connection is reused only after the end of the body. For a long or slow rest a new connection
  // costs less.
  hurry(kLongestDrain);
  std::array<std::byte, 4096> buffer;
  std::size_t total = 0;
  try {
    while (total < kMaxDrained) {
      const std::size_t count = read(buffer);
      if (count == 0) return;
      total += count;
    }
  } catch (const Error&) {  // the destructor closes the connection
  }
}

Http::Http(const HttpTimes& times, Announce announce, const CancelToken& cancel)
    : times_(times),
      cancel_(cancel),
      pool_(std::make_shared<HttpPool>()),
      silences_(std::make_shared<HttpSilences>(std::move(announce), times.notice)) {}

Http::~Http() = default;

std::unique_ptr<HttpExchange> Http::start(HttpRequest request) {
  // An attempt with a deadline shortens the limits of silence, so that it fails before the
  // deadline.
  HttpTimes times = times_;
  if (const auto deadline = request.attempt.deadline) {
    const auto left = std::chrono::ceil<milliseconds>(*deadline - Clock::now());
    times.stall = std::clamp(left, milliseconds(1), times.stall);
    times.connect = std::min(times.connect, times.stall);
  }
  auto transfer = std::make_unique<HttpTransfer>(times, cancel_, std::move(request));
  transfer->pool = pool_;
  transfer->silences = silences_;
  return std::unique_ptr<HttpExchange>(new HttpExchange(std::move(transfer)));
}

}  // namespace cbuild::registry