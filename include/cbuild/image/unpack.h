// Unpacks the layers of images into snapshots, and fetches those that are not in the store.
#pragma once

#include "cbuild/util/progress.h"

namespace cbuild::oci {
class BlobStore;
class Digest;
}  // namespace cbuild::oci

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::image {

/// Whether every layer of the stack `chain_id` has its directory in the store.
/// @throws Error when the store does not know a layer of it
bool is_unpacked(store::Store& store, const oci::Digest& chain_id);

/// The sources of unpack_stack(), and the step that it reports to.
struct UnpackOptions {
  /// Has the layers that the blob store lacks, which keeps what is fetched. Null: nothing is
  /// fetched.
  oci::BlobStore* source = nullptr;
  Progress::Step step = {};  ///< shows the transfer of each layer, by the short hex of its digest
};

/// Unpacks the layers of the stack `chain_id` that are not unpacked, several at once. Each is
/// checked against its digest and its diffID while it is unpacked. Needs the user namespace.
/// @throws Error when a layer cannot be had or is not what its digests say, Interrupted
void unpack_stack(const oci::Digest& chain_id,
                  store::Store& store,
                  const UnpackOptions& options,
                  const CancelToken& cancel);

}  // namespace cbuild::image
