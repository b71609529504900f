// The manifests of a repository: fetches and remembers them; see repository.h.
#include <utility>

#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/registry/client.h"
#include "src/registry/content_digest.h"
#include "src/registry/json.h"
#include "src/registry/repository.h"

namespace cbuild::registry {

namespace {

constexpr std::size_t kRemembered = 8;

/// Type of a Content-Type header without parameters; empty for those that say nothing.
std::string specific_type(const std::optional<std::string>& header) {
  if (!header) return {};
  const std::string_view text = *header;
  std::string type = to_lower(trim(text.substr(0, text.find(';'))));
  const bool general = type == "application/json" || type == "application/octet-stream" ||
                       type == "text/plain" || type == "binary/octet-stream";
  return general ? std::string() : type;
}

}  // namespace

std::string accepted_types() {
  using namespace oci::media_type;
  return fmt::format("{}, {}, {}, {}, */*;q=0.1", kIndex, kManifest, kDockerList, kDockerManifest);
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
