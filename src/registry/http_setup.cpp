// Sets the options of a request and the callbacks of libcurl; see http_transfer.h.
#include <algorithm>

#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"
#include "config.h"
#include "src/registry/http_transfer.h"
#include "src/registry/tls_files.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxHeaders = 256 * 1024;
constexpr std::size_t kReadAhead = 1 << 20;
constexpr long kProbeTime = 3000;  // ms
constexpr long kCurlBuffer = 256 * 1024;

std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<HttpTransfer*>(transfer)->on_header({data, size * count});
}

std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<HttpTransfer*>(transfer)->on_body(
      {reinterpret_cast<const std::byte*>(data), size * count});
}

std::size_t send_callback(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<HttpTransfer*>(transfer)->on_send(
      {reinterpret_cast<std::byte*>(data), size * count});
}

}  // namespace

HttpTransfer::~HttpTransfer() {
  if (handle) {
    handle->detach();
    handle->curl().easy_reset(handle->easy());
    // After a transfer that was cut off, handles of libcurl 7.88 refuse some options later.
    const bool clean = done && failure.code == CURLE_OK;
    if (clean) pool->put(request.url.base(), std::move(handle));
  }
  if (header_list != nullptr) CurlLibrary::get().slist_free_all(header_list);
}

void HttpTransfer::prepare() {
  handle = pool->take(request.url.base());
  HttpHandle& h = *handle;
  const std::string url = request.url.to_string();
  h.set(CURLOPT_URL, url.c_str());
  h.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  // Redirects are the caller's, who decides about credentials. "/../" in a path stays as it is.
  h.set(CURLOPT_FOLLOWLOCATION, 0L);
  h.set(CURLOPT_PATH_AS_IS, 1L);
  // Each connection has one stream: HTTP/2 gains nothing, and a pause stops the connection alone.
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
  // Without it the destruction of the handle waits for the thread that resolves the name. Older
  // libraries do not know the option; the result is ignored.
  h.curl().easy_setopt(h.easy(), CURLOPT_QUICK_EXIT, 1L);
#endif
  h.set(CURLOPT_HEADERFUNCTION, &header_callback);
  h.set(CURLOPT_HEADERDATA, this);
  h.set(CURLOPT_WRITEFUNCTION, &body_callback);
  h.set(CURLOPT_WRITEDATA, this);
  prepare_tls();
  prepare_body();
  prepare_headers();
  h.attach();
}

void HttpTransfer::prepare_tls() {
  HttpHandle& h = *handle;
  h.set(CURLOPT_SSL_VERIFYPEER, 1L);
  h.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request.tls || request.url.scheme != "https") return;
  if (!request.tls->authorities.empty()) {
    // CURLOPT_CAINFO_BLOB replaces the authorities of the system: pass both.
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

void HttpTransfer::prepare_body() {
  HttpHandle& h = *handle;
  if (request.method == "HEAD") {
    h.set(CURLOPT_NOBODY, 1L);
  } else if (request.streamed || !request.body.empty()) {
    // The body is sent by a callback that cannot rewind. With a rewindable body libcurl repeats the
    // request when a reused connection breaks, and an upload session would get its bytes twice.
    if (!request.streamed) outgoing = as_bytes(request.body);
    h.set(CURLOPT_UPLOAD, 1L);
    h.set(CURLOPT_INFILESIZE_LARGE,
          static_cast<curl_off_t>(request.streamed.value_or(request.body.size())));
    h.set(CURLOPT_READFUNCTION, &send_callback);
    h.set(CURLOPT_READDATA, this);
  } else if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    h.set(CURLOPT_POSTFIELDS, "");
    h.set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
  }
}

void HttpTransfer::prepare_headers() {
  const CurlLibrary& curl = handle->curl();
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl.slist_append(header_list, line.c_str());
    if (longer == nullptr) throw Error("no memory for an HTTP request");
    header_list = longer;
  };
  // An empty value removes the header that libcurl would add.
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
  if (!has_type) append("Content-Type:");  // libcurl would add application/x-www-form-urlencoded
  handle->set(CURLOPT_HTTPHEADER, header_list);
}

std::size_t HttpTransfer::on_header(std::string_view line) {
  header_bytes += line.size();
  moved += line.size();
  if (header_bytes > kMaxHeaders) {
    refusal = "the answer has more than 256 KiB of headers";
    return 0;
  }
  if (headers_done) return line.size();  // trailers
  // Each status line starts a new response: a 100 Continue or a proxy's response may come before.
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

std::size_t HttpTransfer::on_body(std::span<const std::byte> bytes) {
  const std::size_t waiting = ahead.size() - ahead_at;
  if (waiting == 0) {
    ahead.clear();
    ahead_at = 0;
  }
  // Bytes go into the buffer of read() first; the rest waits in `ahead`, which is bounded. A paused
  // transfer gets the same bytes again: nothing may be taken before the pause.
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

std::size_t HttpTransfer::on_send(std::span<std::byte> room) {
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

}  // namespace cbuild::registry
