// Reading from a repository: manifests and blobs; see repository.h.
#include <utility>

#include "cbuild/oci/reference.h"
#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/error.h"
#include "cbuild/util/string_stream.h"
#include "src/registry/blob_source.h"
#include "src/registry/client.h"
#include "src/registry/repository.h"

namespace cbuild::registry {

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
    auto source = open_blob(client_, access_, std::move(call), blob.size);
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

}  // namespace cbuild::registry
