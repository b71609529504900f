// Reads blobs; see blob_source.h.
#include "src/registry/blob_source.h"

#include <algorithm>
#include <utility>

#include "cbuild/oci/transient_error.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/registry/client.h"
#include "src/registry/content_range.h"
#include "src/registry/http_error.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kProgress = 1 << 20;  // that makes the failures before it forgotten

class BlobSource final : public Source {
 public:
  BlobSource(std::shared_ptr<Client> client,
             std::shared_ptr<Access> access,
             Call call,
             std::uint64_t size)
      : client_(std::move(client)),
        access_(std::move(access)),
        call_(std::move(call)),
        size_(size),
        tries_(client_->retry()) {
    open();
  }

  std::size_t read(std::span<std::byte> buffer) override {
    for (;;) {
      try {
        if (!reply_) open();
        skip(buffer);
        const std::size_t count = reply_->exchange->read(buffer);
        if (count == 0 && at_ < size_ && !reply_->exchange->has_length()) {
          throw ConnectionError(ConnectionError::Stage::transfer,
                                "{} {}: ended after {} of {} bytes", call_.method,
                                reply_->url.display(), at_, size_);
        }
        at_ += count;
        if (at_ - failed_at_ >= kProgress) tries_.succeeded();
        return count;
      } catch (const oci::TransientError& error) {
        failed_at_ = at_;
        const auto vain = opened_in_ + (reply_ ? reply_->exchange->silence() : milliseconds(0));
        reply_.reset();
        tries_.stalled(error, vain);
      }
    }
  }

 private:
  /// Requests the blob, from where we are if there was something already.
  void open() {
    const auto began = Retry::Clock::now();
    Call call = call_;
    call.within = tries_.attempt();
    const bool resuming = at_ > 0 && ranges_;
    if (resuming) call.headers.push_back({"Range", fmt::format("bytes={}-", at_)});
    Reply reply = client_->send(*access_, call);
    const int status = reply.status();
    to_skip_ = 0;
    if (resuming && status == 206 && is_rest(reply.response())) {
      log_debug("resumed {} at byte {}", reply.url.display(), at_);
    } else if (resuming && (status == 206 || status == 416)) {
      ranges_ = false;
      open();
      return;
    } else if (status == 200) {
      check_length(reply);
      to_skip_ = at_;
    } else {
      client_->refuse(*access_, call, reply);
    }
    reply_ = std::move(reply);
    opened_in_ = std::chrono::ceil<milliseconds>(Retry::Clock::now() - began);
  }

  bool is_rest(const HttpResponse& response) const {
    const auto range = parse_content_range(response.header("Content-Range").value_or(""));
    return range && range->first == at_ && range->total == size_;
  }

  /// A wrong length need not be downloaded to be refused.
  void check_length(const Reply& reply) const {
    const auto header = reply.response().header("Content-Length");
    const auto length = header ? parse_uint(*header) : std::nullopt;
    if (length && *length != size_) {
      throw Error(ErrorKind::network, "{}: {} bytes, but the descriptor says {}",
                  reply.url.display(), *length, size_);
    }
  }

  /// After a restart: what the reader has already.
  void skip(std::span<std::byte> buffer) {
    while (to_skip_ > 0) {
      const std::size_t room = std::min<std::uint64_t>(buffer.size(), to_skip_);
      const std::size_t count = reply_->exchange->read(buffer.first(room));
      if (count == 0) {
        throw ConnectionError(ConnectionError::Stage::transfer, "{} {}: ended too early",
                              call_.method, reply_->url.display());
      }
      to_skip_ -= count;
    }
  }

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Access> access_;
  const Call call_;
  const std::uint64_t size_;
  Retry tries_;
  std::optional<Reply> reply_;
  milliseconds opened_in_{0};
  std::uint64_t at_ = 0;
  std::uint64_t failed_at_ = 0;
  std::uint64_t to_skip_ = 0;
  bool ranges_ = true;  // as far as we know
};

}  // namespace

std::unique_ptr<Source> open_blob(std::shared_ptr<Client> client,
                                  std::shared_ptr<Access> access,
                                  Call call,
                                  std::uint64_t size) {
  return std::make_unique<BlobSource>(std::move(client), std::move(access), std::move(call), size);
}

}  // namespace cbuild::registry
