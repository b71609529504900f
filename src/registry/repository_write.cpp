// Writing to a repository: uploads, manifests, tags, mounts; see repository.h.
#include <utility>

#include "cbuild/oci/manifest.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"
#include "src/registry/client.h"
#include "src/registry/content_digest.h"
#include "src/registry/repository.h"
#include "src/registry/streamed_upload.h"

namespace cbuild::registry {

namespace {

constexpr std::uint64_t kBuffered = 4 << 20;  // blobs up to this size are kept and sent again

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

std::unique_ptr<oci::BlobWriter> RemoteRepository::create(const oci::Descriptor& blob) {
  if (oci::media_type::is_manifest(blob.media_type) || oci::media_type::is_index(blob.media_type)) {
    if (blob.size > oci::kMaxDocument) {
      throw Error("a manifest of {} bytes is more than the {} that registries take", blob.size,
                  oci::kMaxDocument);
    }
    return std::make_unique<ManifestWriter>(*this, blob);
  }
  if (blob.size <= kBuffered) return std::make_unique<BufferedUpload>(*this, blob);
  const Url session = begin_upload(blob, {});
  return start_upload(client_, access_, {blob, session, finish_upload(session, blob)});
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
                  .scope = push_scope() + " " + pull_scope_of(from_repository),
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
