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
class Source;
}  // namespace cbuild

namespace cbuild::store {

class Database;
struct Snapshot;

struct UnpackedBlob {
  std::uint64_t size = 0;      ///< bytes of its tar
  bool has_whiteouts = false;  ///< see drop_idle_whiteouts()
};

/// Unpacks the blob of `layer` into an empty directory.
/// @throws Error when size, digest or diff ID are not those of the layer
UnpackedBlob unpack_blob(Source& compressed,
                         const Snapshot& layer,
                         const Fd& directory,
                         const CancelToken& cancel);

/// Removes the whiteouts of an unpacked layer that hide nothing of the stack `parent`.
/// @throws Error when one of the layers of `parent` has no directory
void drop_idle_whiteouts(Database& database,
                         const std::string& root,
                         const std::optional<oci::Digest>& parent,
                         const Fd& directory);

}  // namespace cbuild::store
