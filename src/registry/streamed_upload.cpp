// Sends blobs while they are written; see streamed_upload.h.
#include "src/registry/streamed_upload.h"

#include <utility>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/sha256.h"
#include "src/registry/content_digest.h"

namespace cbuild::registry {

namespace {

class StreamedUpload final : public oci::BlobWriter {
 public:
  StreamedUpload(std::shared_ptr<Client> client, std::shared_ptr<Access> access, UploadPlan plan)
      : client_(std::move(client)),
        access_(std::move(access)),
        blob_(std::move(plan.blob)),
        session_(std::move(plan.session)),
        call_(std::move(plan.call)) {
    call_.streamed = blob_.size;
    reply_ = client_->start(*access_, call_);
  }

  StreamedUpload(const StreamedUpload&) = delete;
  StreamedUpload& operator=(const StreamedUpload&) = delete;

  ~StreamedUpload() override {
    if (committed_ || broken_ || client_->cancel().cancelled()) return;
    reply_.exchange.reset();
    try {
      Call call = call_;
      call.method = "DELETE";
      call.url = session_;
      call.streamed.reset();
      call.headers.clear();
      call.repeat = false;
      call.within = client_->spare_attempt();
      Reply reply = client_->send(*access_, call);
      log_debug("DELETE {}: {}", reply.url.display(), reply.status());
      reply.exchange->drain();
    } catch (const Error& error) {
      log_debug("cannot cancel an upload: {}", error.what());
    }
  }

  void write(std::span<const std::byte> bytes) override {
    if (bytes.empty()) return;
    if (bytes.size() > blob_.size - count_) {
      throw Error("{}: more bytes written than the {} announced", blob_.digest.to_string(),
                  blob_.size);
    }
    hash_.update(bytes);
    count_ += bytes.size();
    if (count_ == blob_.size) {
      // The last byte waits for the digest to be right: what is wrong never becomes a blob.
      last_ = bytes.back();
      bytes = bytes.first(bytes.size() - 1);
    }
    send(bytes);
  }

  void commit() override {
    check_written(blob_, count_, oci::Digest(hash_.finish()));
    if (blob_.size > 0) send(std::span(&last_, 1));
    guarded([&] { reply_.response(); });
    check_status();
    check_content_digest(reply_.response(), blob_.digest, reply_.url);
    reply_.exchange->drain();
    committed_ = true;
  }

 private:
  void send(std::span<const std::byte> bytes) {
    guarded([&] { reply_.exchange->write(bytes); });
    if (reply_.exchange->answered()) check_status();
  }

  template <typename Action>
  void guarded(Action&& action) {
    try {
      action();
    } catch (const oci::TransientError& error) {
      broken_ = true;
      // Who has the bytes would try again, and wait as long as many times.
      if (reply_.exchange->silence() >= client_->times().whole / Retry::kTries) {
        throw permanent(error);
      }
      throw;
    } catch (const Error&) {
      broken_ = true;
      throw;
    }
  }

  void check_status() {
    const int status = reply_.status();
    if (is_stored(status) && count_ == blob_.size) return;
    if (is_stored(status)) {
      throw Error(ErrorKind::network, "{}: the registry ends the upload after {} of {} bytes",
                  reply_.url.display(), count_, blob_.size);
    }
    // The token may have run out on the way.
    if (status == 401 && client_->renew_token(*access_, call_, reply_)) {
      refuse_for_now("401 Unauthorized");
    }
    if (status == 404) refuse_for_now("404: the registry does not know the upload any more");
    client_->refuse(*access_, call_, reply_);
  }

  [[noreturn]] void refuse_for_now(std::string_view why) const {
    throw oci::TransientError(ErrorKind::network, "PUT {}: {}", reply_.url.display(), why);
  }

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Access> access_;
  const oci::Descriptor blob_;
  const Url session_;
  Call call_;
  Reply reply_{};
  Sha256 hash_;
  std::uint64_t count_ = 0;
  std::byte last_{};
  bool committed_ = false;
  bool broken_ = false;  // no use to tell the registry that we give up
};

}  // namespace

std::unique_ptr<oci::BlobWriter> start_upload(std::shared_ptr<Client> client,
                                              std::shared_ptr<Access> access,
                                              UploadPlan plan) {
  return std::make_unique<StreamedUpload>(std::move(client), std::move(access), std::move(plan));
}

}  // namespace cbuild::registry
