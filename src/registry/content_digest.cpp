// Checks of digests and sizes; see content_digest.h.
#include "src/registry/content_digest.h"

#include "cbuild/oci/descriptor.h"
#include "cbuild/util/error.h"
#include "cbuild/util/url.h"
#include "src/registry/http_response.h"

namespace cbuild::registry {

void check_content_digest(const HttpResponse& response, const oci::Digest& digest, const Url& url) {
  const auto header = response.header("Docker-Content-Digest");
  const auto claimed = header ? oci::Digest::try_parse(*header) : std::nullopt;
  if (claimed && *claimed != digest) {
    throw Error(ErrorKind::network,
                "{}: the registry announces {}, but the content has the digest {}", url.display(),
                claimed->to_string(), digest.to_string());
  }
}

void check_written(const oci::Descriptor& blob, std::uint64_t size, const oci::Digest& digest) {
  if (size != blob.size) {
    throw Error("{}: {} bytes were written, {} announced", blob.digest.to_string(), size,
                blob.size);
  }
  if (digest != blob.digest) {
    throw Error("{}: the bytes written are {}", blob.digest.to_string(), digest.to_string());
  }
}

bool is_stored(int status) noexcept {
  return status == 201 || status == 200 || status == 202 || status == 204;
}

}  // namespace cbuild::registry
