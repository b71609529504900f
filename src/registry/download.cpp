// Downloads; see download.h.
#include "src/registry/download.h"

#include <ctime>
#include <utility>

#include "cbuild/oci/transient_error.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/registry/client.h"
#include "src/registry/content_range.h"
#include "src/registry/http_error.h"
#include "src/registry/http_response.h"
#include "src/registry/http_status.h"
#include "src/registry/retry.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kProgress = 1 << 20;  // that makes the failures before it forgotten

/// A URL, and what a user and password in it come to.
struct Target {
  Url url;
  std::optional<std::string> authorization;
};

Target parse_target(std::string_view text) {
  std::optional<std::string> authorization;
  if (const auto user = UrlParts::cut(text).user) {
    const std::string plain = percent_decode(*user);
    const bool has_password = plain.find(':') != std::string::npos;
    authorization = "Basic " + base64_encode(has_password ? plain : plain + ":");
  }
  const std::string address = without_user(text);
  auto url = Url::try_parse(address);
  if (!url) throw Error(ErrorKind::usage, "'{}' is not a URL of http or https", printable(address));
  return {std::move(*url), std::move(authorization)};
}

bool is_strong(const std::string& etag) {
  return !etag.empty() && !etag.starts_with("W/");
}

class HttpDownload final : public Download {
 public:
  HttpDownload(std::shared_ptr<Client> client, Target target, const FileVersion& known)
      : client_(std::move(client)), target_(std::move(target)), tries_(client_->retry()) {
    std::vector<Header> headers;
    if (!known.etag.empty()) headers.push_back({"If-None-Match", known.etag});
    if (!known.last_modified.empty()) {
      headers.push_back({"If-Modified-Since", known.last_modified});
    }
    reply_ = request(headers);
    const int status = reply_->status();
    not_modified_ = status == 304 && !headers.empty();
    if (status != 200 && !not_modified_) refuse_status();
    read_headers(reply_->response());
  }

  std::size_t read(std::span<std::byte> buffer) override {
    if (not_modified_) return 0;
    for (;;) {
      try {
        if (!reply_) resume();
        const std::size_t count = reply_->exchange->read(buffer);
        if (count == 0 && size_ && at_ < *size_) {
          throw ConnectionError(ConnectionError::Stage::transfer,
                                "GET {}: ended after {} of {} bytes", target_.url.display(), at_,
                                *size_);
        }
        at_ += count;
        if (at_ - failed_at_ >= kProgress) tries_.succeeded();
        return count;
      } catch (const oci::TransientError& error) {
        const auto vain = opened_in_ + (reply_ ? reply_->exchange->silence() : milliseconds(0));
        reply_.reset();
        if (at_ > 0 && !can_resume()) throw permanent(error);
        failed_at_ = at_;
        tries_.stalled(error, vain);
      }
    }
  }

  bool not_modified() const override { return not_modified_; }

  const FileVersion& version() const override { return version_; }

  std::optional<std::int64_t> modified() const override {
    return parse_http_date(version_.last_modified);
  }

  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  Reply request(std::vector<Header> headers) {
    if (target_.authorization) headers.push_back({"Authorization", *target_.authorization});
    const auto began = Retry::Clock::now();
    Reply reply = client_->get(target_.url, headers, tries_.attempt());
    opened_in_ = std::chrono::ceil<milliseconds>(Retry::Clock::now() - began);
    return reply;
  }

  void read_headers(const HttpResponse& response) {
    version_.etag = response.header("ETag").value_or("");
    version_.last_modified = response.header("Last-Modified").value_or("");
    if (const auto length = response.header("Content-Length")) size_ = parse_uint(*length);
  }

  bool can_resume() const { return is_strong(version_.etag) || !version_.last_modified.empty(); }

  /// Goes on at the byte we are at: only of the very same file.
  void resume() {
    std::vector<Header> headers;
    if (at_ > 0) {
      headers.push_back({"Range", fmt::format("bytes={}-", at_)});
      headers.push_back(
          {"If-Range", is_strong(version_.etag) ? version_.etag : version_.last_modified});
    }
    Reply reply = request(headers);
    const HttpResponse& response = reply.response();
    const bool same = response.header("ETag").value_or("") == version_.etag &&
                      response.header("Last-Modified").value_or("") == version_.last_modified;
    if (!same || (response.status != 200 && response.status != 206)) {
      throw Error(ErrorKind::network, "GET {}: the file changed while it was fetched",
                  target_.url.display());
    }
    reply_ = std::move(reply);
    if (response.status == 200) return skip(at_);
    const auto range = parse_content_range(reply_->response().header("Content-Range").value_or(""));
    if (!range || range->first != at_) {
      throw Error(ErrorKind::network, "GET {}: the server sent another range than was asked for",
                  target_.url.display());
    }
    log_debug("resumed {} at byte {}", target_.url.display(), at_);
  }

  void skip(std::uint64_t bytes) {
    std::vector<std::byte> buffer(kIoBlock);
    while (bytes > 0) {
      const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes));
      const std::size_t count = reply_->exchange->read(std::span(buffer).first(room));
      if (count == 0) {
        throw ConnectionError(ConnectionError::Stage::transfer, "GET {}: ended too early",
                              target_.url.display());
      }
      bytes -= count;
    }
  }

  [[noreturn]] void refuse_status() const {
    const int status = reply_->status();
    const std::string_view text = status_text(status);
    throw Error(ErrorKind::network, "GET {}: {}{}{}", target_.url.display(), status,
                text.empty() ? "" : " ", text);
  }

  const std::shared_ptr<Client> client_;
  const Target target_;
  Retry tries_;
  std::optional<Reply> reply_;
  milliseconds opened_in_{0};
  bool not_modified_ = false;
  FileVersion version_;
  std::optional<std::uint64_t> size_;
  std::uint64_t at_ = 0;
  std::uint64_t failed_at_ = 0;
};

}  // namespace

std::unique_ptr<Download> start_download(std::shared_ptr<Client> client,
                                         const std::string& url,
                                         const FileVersion& known,
                                         const std::optional<std::string>& authorization) {
  Target target = parse_target(url);
  if (authorization) target.authorization = authorization;
  return std::make_unique<HttpDownload>(std::move(client), std::move(target), known);
}

std::optional<Redirect> find_redirect(Client& client,
                                      const std::string& url,
                                      const std::optional<std::string>& authorization) {
  const Target target = parse_target(url);
  std::vector<Header> headers;
  if (authorization) headers.push_back({"Authorization", *authorization});
  const Reply reply = client.ask(target.url, headers);
  if (!is_redirect(reply.status())) return std::nullopt;
  const Url place = Client::location(reply);
  return Redirect{place.to_string(), same_origin(place, target.url)};
}

}  // namespace cbuild::registry
