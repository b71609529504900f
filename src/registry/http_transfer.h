// One running request: the state that libcurl's callbacks share with its reader.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/registry/http_handle.h"
#include "src/registry/http_request.h"
#include "src/registry/http_silences.h"
#include "src/registry/http_times.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::registry {

/// The failure that libcurl reported, with its text.
struct Failure {
  CURLcode code = CURLE_OK;
  std::string text;
};

/// The state of one transfer. The callbacks of libcurl must not throw: they set `refusal` instead.
struct HttpTransfer {
  HttpTimes times;
  const CancelToken& cancel;
  std::shared_ptr<HttpPool> pool{};
  std::shared_ptr<HttpSilences> silences{};
  HttpRequest request;
  std::unique_ptr<HttpHandle> handle{};
  curl_slist* header_list = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text{};

  HttpResponse answer{};
  bool headers_done = false;
  std::size_t header_bytes = 0;

  std::vector<std::byte> ahead{};  // received before read() asked for it; [ahead_at, end)
  std::size_t ahead_at = 0;
  std::span<std::byte> wanted{};  // the buffer of read()
  bool read_paused = false;

  std::span<const std::byte> outgoing{};  // the rest of the bytes of write()
  std::uint64_t unwritten = 0;            // bytes of a streamed body still to come
  bool write_paused = false;

  bool done = false;
  std::string refusal{};  // why a callback aborted the transfer
  Failure failure{};
  std::uint64_t moved = 0;  // bytes in either direction
  std::uint64_t moved_at_check = 0;
  std::chrono::steady_clock::duration waited{0};  // since that check
  bool was_sending = false;
  bool told = false;  // that the server is silent

  HttpTransfer(const HttpTimes& t, const CancelToken& c, HttpRequest r)
      : times(t), cancel(c), request(std::move(r)), unwritten(request.streamed.value_or(0)) {}

  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;
  ~HttpTransfer();

  void prepare();
  void prepare_tls();
  void prepare_body();
  void prepare_headers();
  void step();
  void wait();
  void resume(bool& paused);

  bool is_sending() const { return unwritten > 0 || !outgoing.empty(); }

  std::chrono::milliseconds patience() const;
  void restart_clock();
  void check_stall();
  [[noreturn]] void fail() const;
  void throw_if_failed() const;

  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::span<const std::byte> bytes);
  std::size_t on_send(std::span<std::byte> room);
};

}  // namespace cbuild::registry
