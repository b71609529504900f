// Blocking HTTP requests with bodies that stream both ways. The only user of libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/io.h"
#include "src/registry/retry.h"
#include "src/registry/url.h"

namespace cbuild::registry {

/// The network failed; the same request may succeed next time.
class ConnectionError : public oci::TransientError {
 public:
  enum class Stage { resolve, connect, transfer };

  template <typename... Args>
  explicit ConnectionError(Stage stage, fmt::format_string<Args...> format, Args&&... args)
      : TransientError(ErrorKind::network, format, std::forward<Args>(args)...), stage_(stage) {}

  Stage stage() const noexcept { return stage_; }

 private:
  Stage stage_;
};

/// A TLS connection could not be made.
class TlsError : public Error {
 public:
  enum class Reason {
    handshake,    ///< perhaps the other side does not speak TLS
    certificate,  ///< its certificate, or ours, is not good
  };

  template <typename... Args>
  explicit TlsError(Reason reason, fmt::format_string<Args...> format, Args&&... args)
      : Error(ErrorKind::network, format, std::forward<Args>(args)...), reason_(reason) {}

  Reason reason() const noexcept { return reason_; }

 private:
  Reason reason_;
};

struct Header {
  std::string name;
  std::string value;
};

/// What a request to one host needs beyond the certificate authorities of the system.
struct TlsFiles {
  std::string authorities;  ///< PEM text of further authorities
  std::string certificate;  ///< path of our certificate (PEM); empty = none
  std::string key;          ///< path of its key
};

struct HttpTimes {
  std::chrono::milliseconds connect{10000};
  /// With less than 1 KiB/s over this time of waiting, or no answer for it, the server is gone.
  std::chrono::milliseconds stall{60000};
  /// Likewise for the answer to an upload: the registry may have to move the bytes.
  std::chrono::milliseconds upload_answer{100000};
  /// A server that is silent for this long is told of.
  std::chrono::milliseconds notice{10000};
};

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers;
  std::string body;  ///< sent with its length by POST, PUT and PATCH, even when empty
  std::optional<std::uint64_t> streamed;  ///< length of a body that comes through write() instead
  Attempt attempt{};                      ///< until its end there must be an answer
  std::shared_ptr<const TlsFiles> tls;    ///< may be null
  bool anonymous = false;                 ///< our certificate is not shown
  bool direct = false;                    ///< no proxy, whatever the environment says
  bool probing = false;                   ///< waits no longer than 3 s for a TLS handshake
};

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;

  /// The first header of that name, without blanks around it; nullopt when there is none.
  std::optional<std::string> header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

class HttpHandle;
class Http;

/// One request and its answer. Its read() is the body of the answer, which is fetched only as it is
/// read: at most about 1 MiB waits in memory. Every call ends within 100 ms of a cancellation.
/// Destroyed before the end of the body, it closes the connection. Not thread-safe.
class HttpExchange final : public Source {
 public:
  ~HttpExchange() override;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Sends the next part of a streamed body; returns when it is taken. Bytes for a server that has
  /// answered already are dropped.  @throws ConnectionError, TlsError, Interrupted
  void write(std::span<const std::byte> bytes);

  /// Whether the answer is there already. Makes no progress itself.
  bool answered() const noexcept;

  /// Waits for status and headers. All of a streamed body must have been written, or answered().
  /// @throws ConnectionError, TlsError, Interrupted; Error for headers beyond 256 KiB
  const HttpResponse& response();

  /// @throws ConnectionError when the body is cut.
  std::size_t read(std::span<std::byte> buffer) override;

  /// Whether the end of the body is told by its length or by chunks; else it may be a cut.
  bool has_length() const noexcept;

  /// Reads the rest of a short body, so that the connection can be used again.
  void drain() noexcept;

  /// What is still to come is not worth more than this time of silence.
  void hurry(std::chrono::milliseconds longest) noexcept;

  /// How long the server has kept us waiting since it last did what it should.
  std::chrono::milliseconds silence() const noexcept;

 private:
  friend class Http;
  struct State;
  explicit HttpExchange(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
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
  friend class HttpExchange;
  struct Pool;
  class Silences;

  HttpTimes times_;
  const CancelToken& cancel_;
  std::shared_ptr<Pool> pool_;
  std::shared_ptr<Silences> silences_;
};

}  // namespace cbuild::registry
