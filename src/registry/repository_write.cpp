// Writing to a repository: uploads, manifests, tags, mounts; see repository.h.
#include "cbuild/oci/manifest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/log.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"
#include "src/registry/repository.h"

namespace cbuild::registry {

namespace {

constexpr std::uint64_t kBuffered = 4 << 20;  // blobs up to this size are kept and sent again

void check_written(const oci::Descriptor& blob, std::uint64_t size, const oci::Digest& digest) {
  if (size != blob.size) {
    throw Error("{}: {} bytes were written, {} announced", blob.digest.to_string(), size,
                blob.size);
  }
  if (digest != blob.digest) {
    throw Error("{}: the bytes written are {}", blob.digest.to_string(), digest.to_string());
  }
}

/// Collects a document or small blob.
class BufferedWriter : public oci::BlobWriter {
 public:
  explicit BufferedWriter(oci::Descriptor blob) : blob_(std::move(blob)) {}

  void write(std::span<const std::byte> bytes) final {
    if (bytes.size() > blob_.size - bytes_.size()) {
      throw Error("{}: more bytes written than the {} announced", blob_.digest.to_string(),
                  blob_.size);
    }
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  void commit() final {
    check_written(blob_, bytes_.size(), oci::Digest::of(bytes_));
    send(blob_, std::move(bytes_));
  }

 protected:
  virtual void send(const oci::Descriptor& blob, std::string bytes) = 0;

 private:
  const oci::Descriptor blob_;
  std::string bytes_;
};

}  // namespace

bool is_stored(int status) noexcept {
  return status == 201 || status == 200 || status == 202 || status == 204;
}

class ManifestWriter final : public BufferedWriter {
 public:
  ManifestWriter(RemoteRepository& repository, const oci::Descriptor& blob)
      : BufferedWriter(blob), repository_(repository) {}

 private:
  void send(const oci::Descriptor& blob, std::string bytes) override {
    repository_.put_manifest(blob, blob.digest.to_string(), std::move(bytes));
  }

  RemoteRepository& repository_;
};

/// A small blob: it is sent as often as it takes.
class BufferedUpload final : public BufferedWriter {
 public:
  BufferedUpload(RemoteRepository& repository, const oci::Descriptor& blob)
      : BufferedWriter(blob), repository_(repository) {}

 private:
  void send(const oci::Descriptor& blob, std::string bytes) override {
    Client& client = *repository_.client_;
    Retry tries = client.retry();
    for (;;) {
      try {
        const Attempt attempt = tries.attempt();
        Call call = repository_.finish_upload(repository_.begin_upload(blob, attempt), blob);
        call.body = bytes;
        call.repeat = false;
        call.within = attempt;
        Reply reply = client.send(*repository_.access_, call);
        if (!is_stored(reply.status())) refuse(call, reply, attempt);
        check_content_digest(reply.response(), blob.digest, reply.url);
        reply.exchange->drain();
        return;
      } catch (const oci::TransientError& error) {
        tries.failed(error);
      }
    }
  }

  /// A session may hold bytes of an earlier try, so a status that says so starts a new session,
  /// once.
  void refuse(const Call& call, Reply& reply, const Attempt& attempt) {
    const int status = reply.status();
    const bool spoilt = status == 400 || status == 404 || status == 416;
    try {
      repository_.client_->refuse(*repository_.access_, call, reply);
    } catch (const Error& error) {
      if (!spoilt || attempt.number > 1) throw;
      throw oci::TransientError(error.kind(), "{}", error.what());
    }
  }

  RemoteRepository& repository_;
};

/// A large blob: it goes out while it is written, so that it cannot be sent again from here.
class StreamedUpload final : public oci::BlobWriter {
 public:
  StreamedUpload(RemoteRepository& repository, const oci::Descriptor& blob)
      : client_(repository.client_),
        access_(repository.access_),
        blob_(blob),
        session_(repository.begin_upload(blob, {})),
        call_(repository.finish_upload(session_, blob)) {
    call_.streamed = blob.size;
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
    if (status == 401 && renew_token()) refuse_for_now("401 Unauthorized");
    if (status == 404) refuse_for_now("404: the registry does not know the upload any more");
    client_->refuse(*access_, call_, reply_);
  }

  /// The token may have run out on the way.
  bool renew_token() {
    const Url base = client_->base(*access_);
    const Proving proving{base, call_.scope, client_->retry().attempt()};
    return same_origin(reply_.url, base) &&
           access_->auth->challenged(reply_.response().all("WWW-Authenticate"), proving,
                                     {access_->auth->header(proving)});
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

std::unique_ptr<oci::BlobWriter> RemoteRepository::create(const oci::Descriptor& blob) {
  if (oci::media_type::is_manifest(blob.media_type) || oci::media_type::is_index(blob.media_type)) {
    if (blob.size > oci::kMaxDocument) {
      throw Error("a manifest of {} bytes is more than the {} that registries take", blob.size,
                  oci::kMaxDocument);
    }
    return std::make_unique<ManifestWriter>(*this, blob);
  }
  if (blob.size <= kBuffered) return std::make_unique<BufferedUpload>(*this, blob);
  return std::make_unique<StreamedUpload>(*this, blob);
}

Url RemoteRepository::begin_upload(const oci::Descriptor& blob, const Attempt& within) {
  {
    const std::lock_guard lock(mutex_);
    if (auto node = sessions_.extract(blob.digest)) return node.mapped();
  }
  const Call call{.method = "POST",
                  .path = path("blobs", "uploads/"),
                  .url = std::nullopt,
                  .scope = push_scope(),
                  .headers = {},
                  .body = {},
                  .streamed = std::nullopt,
                  .within = within};
  Reply reply = client_->send(*access_, call);
  if (reply.status() != 202) client_->refuse(*access_, call, reply);
  Url session = Client::location(reply);
  reply.exchange->drain();
  return session;
}

/// The one PUT that carries the whole blob.
Call RemoteRepository::finish_upload(const Url& session, const oci::Descriptor& blob) const {
  Url url = session;
  add_query(url, "digest", blob.digest.to_string());
  return {.method = "PUT",
          .path = {},
          .url = std::move(url),
          .scope = push_scope(),
          .headers = {{"Content-Type", "application/octet-stream"}},
          .body = {},
          .streamed = std::nullopt};
}

void RemoteRepository::put_manifest(const oci::Descriptor& manifest,
                                    const std::string& name,
                                    std::string bytes) {
  const Call call{.method = "PUT",
                  .path = path("manifests", name),
                  .url = std::nullopt,
                  .scope = push_scope(),
                  .headers = {{"Content-Type", manifest.media_type}},
                  .body = bytes,
                  .streamed = std::nullopt};
  Reply reply = client_->send(*access_, call);
  if (!is_stored(reply.status())) client_->refuse(*access_, call, reply);
  check_content_digest(reply.response(), manifest.digest, reply.url);
  reply.exchange->drain();
  remember({manifest, std::move(bytes)});
}

void RemoteRepository::tag(const oci::Descriptor& manifest, const std::string& tag) {
  if (!is_tag(tag)) throw Error(ErrorKind::usage, "'{}' is not a tag", printable(tag));
  auto bytes = remembered(manifest.digest);
  if (!bytes) bytes = oci::read_document(*this, manifest);
  put_manifest(manifest, tag, std::move(*bytes));
}

bool RemoteRepository::mount(const oci::Descriptor& blob, const std::string& from_repository) {
  Url target;  // for its query
  target.target = path("blobs", "uploads/");
  add_query(target, "mount", blob.digest.to_string());
  add_query(target, "from", from_repository);
  const Call call{.method = "POST",
                  .path = target.target,
                  .url = std::nullopt,
                  .scope = push_scope() + " " + repository_scope(from_repository, "pull"),
                  .headers = {},
                  .body = {},
                  .streamed = std::nullopt,
                  .repeat = false,
                  .within = client_->spare_attempt()};
  try {
    Reply reply = client_->send(*access_, call);
    const int status = reply.status();
    if (status == 202) {
      const std::lock_guard lock(mutex_);
      sessions_.insert_or_assign(blob.digest, Client::location(reply));
    }
    reply.exchange->drain();
    return status == 201;
  } catch (const Error& error) {
    // It only saves time. A registry that is really out of order says so again.
    if (error.kind() != ErrorKind::network) throw;
    log_debug("no mount from {}: {}", from_repository, error.what());
    return false;
  }
}

}  // namespace cbuild::registry
