// Checks of what was read and written against digests.
#pragma once

#include <cstdint>

namespace cbuild {
struct Url;
}

namespace cbuild::oci {
struct Descriptor;
class Digest;
}  // namespace cbuild::oci

namespace cbuild::registry {

struct HttpResponse;

/// "bytes that are named sha256:…" of a Docker-Content-Digest header differ. @throws Error
void check_content_digest(const HttpResponse& response, const oci::Digest& digest, const Url& url);

/// @throws Error unless `size` and `digest`, of the bytes that were written, are those of `blob`
void check_written(const oci::Descriptor& blob, std::uint64_t size, const oci::Digest& digest);

/// Statuses of registries that took a blob or manifest. The specification says 201.
bool is_stored(int status) noexcept;

}  // namespace cbuild::registry
