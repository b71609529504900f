// Blocking HTTP requests with bodies that stream both ways. The only user of libcurl.
#pragma once

#include <chrono>
#include <memory>
#include <span>

#include "cbuild/util/io.h"
#include "src/registry/http_request.h"
#include "src/registry/http_times.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::registry {

class HttpPool;
class HttpSilences;
struct HttpTransfer;

/// One request and its answer. read() returns the body of the answer, which is received only as it
/// is read: at most about 1 MiB waits in memory. Every call ends within 100 ms of a cancellation.
/// The destructor closes the connection before the end of the body. Not thread-safe.
class HttpExchange final : public Source {
 public:
  ~HttpExchange() override;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Sends the next part of a streamed body; returns when libcurl has taken it. When the server has
  /// answered already, the bytes are dropped.  @throws ConnectionError, TlsError, Interrupted
  void write(std::span<const std::byte> bytes);

  /// Whether the headers of the answer have been received. Makes no progress itself.
  bool answered() const noexcept;

  /// Waits for status and headers. All of a streamed body must have been written, or answered().
  /// @throws ConnectionError, TlsError, Interrupted; Error for headers beyond 256 KiB
  const HttpResponse& response();

  /// @throws ConnectionError when the body is cut.
  std::size_t read(std::span<std::byte> buffer) override;

  /// Whether a length or chunks mark the end of the body; without, a cut looks like the end.
  bool has_length() const noexcept;

  /// Reads the rest of a short body, so that the connection can be used again.
  void drain() noexcept;

  /// Lowers the limit of silence for the rest of the body.
  void hurry(std::chrono::milliseconds longest) noexcept;

  /// How long the server has been silent.
  std::chrono::milliseconds silence() const noexcept;

 private:
  friend class Http;
  explicit HttpExchange(std::unique_ptr<HttpTransfer> transfer);

  std::unique_ptr<HttpTransfer> transfer_;
};

/// Keeps connections between requests. Thread-safe; outlives its exchanges.
class Http {
 public:
  Http(const HttpTimes& times, Announce announce, const CancelToken& cancel);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  /// Prepares a request: nothing is sent before the first write() or response(). No redirect is
  /// followed, no status is an error.
  std::unique_ptr<HttpExchange> start(HttpRequest request);

 private:
  HttpTimes times_;
  const CancelToken& cancel_;
  std::shared_ptr<HttpPool> pool_;
  std::shared_ptr<HttpSilences> silences_;
};

}  // namespace cbuild::registry
