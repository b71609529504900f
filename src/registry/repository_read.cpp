// Reading from a repository: manifests, blobs with resumption; see repository.h.
#include <algorithm>

#include "cbuild/oci/manifest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/log.h"
#include "cbuild/util/string_stream.h"
#include "cbuild/util/text.h"
#include "src/registry/content_range.h"
#include "src/registry/json.h"
#include "src/registry/repository.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kRemembered = 8;
constexpr std::uint64_t kProgress = 1 << 20;  // that makes the failures before it forgotten

/// The media types that cbuild reads, best first; then others, so that a message can name them.
std::string accepted_types() {
  using namespace oci::media_type;
  return fmt::format("{}, {}, {}, {}, */*;q=0.1", kIndex, kManifest, kDockerList, kDockerManifest);
}

/// Type of a Content-Type header without parameters; empty for those that say nothing.
std::string specific_type(const std::optional<std::string>& header) {
  if (!header) return {};
  const std::string_view text = *header;
  std::string type = to_lower(trim(text.substr(0, text.find(';'))));
  const bool general = type == "application/json" || type == "application/octet-stream" ||
                       type == "text/plain" || type == "binary/octet-stream";
  return general ? std::string() : type;
}

/// Reads a blob; when the connection is cut, goes on where it was.
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

bool is_tag(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= 128 && text[0] != '.' && text[0] != '-' &&
         text.find_first_not_of(kLetters) == std::string_view::npos;
}

void check_content_digest(const HttpResponse& response, const oci::Digest& digest, const Url& url) {
  const auto header = response.header("Docker-Content-Digest");
  const auto claimed = header ? oci::Digest::try_parse(*header) : std::nullopt;
  if (claimed && *claimed != digest) {
    throw Error(ErrorKind::network,
                "{}: the registry announces {}, but the content has the digest {}", url.display(),
                claimed->to_string(), digest.to_string());
  }
}

std::string manifest_type(const std::optional<std::string>& content_type, std::string_view bytes) {
  using namespace oci::media_type;
  const std::string header = specific_type(content_type);
  const bool foreign = !header.empty() && !is_manifest(header) && !is_index(header);
  if (foreign) {
    throw Error(ErrorKind::network, "it is of type {}, neither image manifest nor index",
                printable(header.substr(0, 200)));
  }
  const std::string shape = oci::media_type_of_document(bytes);
  if (header.empty() || header == shape) {
    if (!is_manifest(shape) && !is_index(shape)) {
      throw Error(ErrorKind::network, "it is of type {}, neither image manifest nor index",
                  printable(shape.substr(0, 200)));
    }
    return shape;
  }
  const bool explicit_type = string_member(bytes, "mediaType").has_value();
  if (explicit_type || is_index(header) != is_index(shape)) {
    throw Error(ErrorKind::network, "the registry says it is of type {}, its content says {}",
                header, printable(shape.substr(0, 200)));
  }
  return header;
}

RemoteRepository::RemoteRepository(std::shared_ptr<Client> client, const oci::Reference& reference)
    : client_(std::move(client)),
      access_(client_->access(reference)),
      registry_(reference.registry),
      name_(reference.repository) {}

std::string RemoteRepository::path(std::string_view kind, std::string_view name) const {
  return fmt::format("/v2/{}/{}/{}", name_, kind, name);
}

bool RemoteRepository::has(const oci::Descriptor& blob) {
  const bool document =
      oci::media_type::is_manifest(blob.media_type) || oci::media_type::is_index(blob.media_type);
  Call call{.method = "HEAD",
            .path = path(document ? "manifests" : "blobs", blob.digest.to_string()),
            .url = std::nullopt,
            .scope = push_scope(),  // who asks this is about to push
            .headers = {},
            .body = {},
            .streamed = std::nullopt};
  if (document) call.headers.push_back({"Accept", accepted_types()});
  Reply reply = client_->send(*access_, call);
  if (reply.status() == 405) {
    call.method = "GET";
    reply = client_->send(*access_, call);
  }
  if (reply.status() == 200) return true;
  if (reply.status() == 404) return false;
  client_->refuse(*access_, call, reply);
}

std::unique_ptr<Source> RemoteRepository::open(const oci::Descriptor& blob) {
  const bool index = oci::media_type::is_index(blob.media_type);
  if (!index && !oci::media_type::is_manifest(blob.media_type)) {
    Call call{.path = path("blobs", blob.digest.to_string()),
              .url = std::nullopt,
              .scope = pull_scope(),
              .headers = {},
              .body = {},
              .streamed = std::nullopt};
    auto source = std::make_unique<BlobSource>(client_, access_, std::move(call), blob.size);
    return std::make_unique<oci::VerifyingSource>(std::move(source), blob);
  }
  auto bytes = remembered(blob.digest);
  if (!bytes) {
    auto manifest = fetch_manifest(blob.digest.to_string());
    if (!manifest) {
      throw Error(ErrorKind::network, "{}/{} has no manifest {}", registry_, name_,
                  blob.digest.to_string());
    }
    if (oci::media_type::is_index(manifest->descriptor.media_type) != index) {
      throw Error(ErrorKind::network, "{} is of type {}, but its descriptor says {}",
                  blob.digest.to_string(), manifest->descriptor.media_type, blob.media_type);
    }
    bytes = std::move(manifest->bytes);
  }
  return std::make_unique<oci::VerifyingSource>(std::make_unique<StringSource>(std::move(*bytes)),
                                                blob);
}

std::optional<oci::Descriptor> RemoteRepository::resolve(const std::string& tag_or_digest) {
  auto manifest = fetch_manifest(tag_or_digest);
  if (!manifest) return std::nullopt;
  oci::Descriptor descriptor = manifest->descriptor;
  remember(std::move(*manifest));
  return descriptor;
}

std::optional<RemoteRepository::Manifest> RemoteRepository::fetch_manifest(
    const std::string& tag_or_digest) {
  const auto wanted = oci::Digest::try_parse(tag_or_digest);
  if (!wanted && !is_tag(tag_or_digest)) {
    throw Error(ErrorKind::usage, "'{}' is neither a tag nor a digest", printable(tag_or_digest));
  }
  const Call call{.path = path("manifests", tag_or_digest),
                  .url = std::nullopt,
                  .scope = pull_scope(),
                  .headers = {{"Accept", accepted_types()}},
                  .body = {},
                  .streamed = std::nullopt};
  auto document = client_->fetch(*access_, call, oci::kMaxDocument);
  if (!document) return std::nullopt;
  const std::string what =
      fmt::format("manifest {}/{}{}{}", registry_, name_, wanted ? "@" : ":", tag_or_digest);
  return with_context(what, [&]() -> std::optional<Manifest> {
    const oci::Digest digest = oci::Digest::of(document->body);
    if (wanted && *wanted != digest) {
      throw Error(ErrorKind::network, "the registry sent other bytes: {}", digest.to_string());
    }
    check_content_digest(document->response, digest, document->url);
    oci::Descriptor descriptor;
    descriptor.media_type =
        manifest_type(document->response.header("Content-Type"), document->body);
    descriptor.digest = digest;
    descriptor.size = document->body.size();
    return Manifest{std::move(descriptor), std::move(document->body)};
  });
}

void RemoteRepository::remember(Manifest manifest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(manifests_, [&](const Manifest& known) {
    return known.descriptor.digest == manifest.descriptor.digest;
  });
  manifests_.push_back(std::move(manifest));
  if (manifests_.size() > kRemembered) manifests_.pop_front();
}

std::optional<std::string> RemoteRepository::remembered(const oci::Digest& digest) {
  const std::lock_guard lock(mutex_);
  for (const Manifest& manifest : manifests_) {
    if (manifest.descriptor.digest == digest) return manifest.bytes;
  }
  return std::nullopt;
}

}  // namespace cbuild::registry
