// The tar of a layer directory: a pure function of it, stored nowhere.
#pragma once

#include <cstdint>
#include <memory>

#include "cbuild/oci/digest.h"

namespace cbuild {
class CancelToken;
class Fd;
class FileOwners;
}  // namespace cbuild

namespace cbuild::store {

/// The digest and the bytes of such a tar.
struct LayerTar {
  oci::Digest diff_id;
  std::uint64_t size = 0;
};

/// Writes `directory` as a tar that is hashed and not kept. `owners`: null = those on disk. @throws
/// Error, Interrupted
LayerTar hash_layer(const Fd& directory,
                    std::shared_ptr<const FileOwners> owners,
                    const CancelToken& cancel);

}  // namespace cbuild::store
