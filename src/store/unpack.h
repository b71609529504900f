// Unpacks the blob of a pulled layer into a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cbuild::oci {
class Digest;
}

namespace cbuild {
class CancelToken;
class Fd;
class FileOwners;
class Source;
}  // namespace cbuild

namespace cbuild::store {

struct Snapshot;

struct UnpackedBlob {
  std::uint64_t size = 0;      ///< bytes of its tar
  bool has_whiteouts = false;  ///< see layer::drop_idle_whiteouts()
};

/// Unpacks the blob of `layer` into an empty directory.
/// @throws Error when size, digest or diff ID are not those of the layer
UnpackedBlob unpack_blob(Source& compressed,
                         const Snapshot& layer,
                         const Fd& directory,
                         FileOwners& owners,
                         const CancelToken& cancel);

}  // namespace cbuild::store
