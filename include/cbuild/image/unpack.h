// Unpacks the layers of images into snapshots, and fetches those that the store does not hold.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/digest.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"

namespace cbuild::image {

/// `layer`, the short hex of a blob's digest, has moved `done` of `total` bytes (0 = not known).
/// Called by several threads.
using OnTransfer =
    std::function<void(std::string_view layer, std::uint64_t done, std::uint64_t total)>;

/// Whether every layer of the stack `chain_id` has its directory in the store.
/// @throws Error when the store does not know a layer of it
bool is_unpacked(store::Store& store, const oci::Digest& chain_id);

/// What unpack_stack() reads and whom it tells.
struct UnpackOptions {
  /// Has the layers that the blob store lacks, which keeps what is fetched. Null: nothing is
  /// fetched.
  oci::BlobStore* source = nullptr;
  OnTransfer on_transfer = {};  ///< empty: nobody is told
};

/// Unpacks the layers of the stack `chain_id` that are not unpacked, several at once. Each is
/// checked against its digest and its diffID while it is unpacked. Needs the user namespace.
/// @throws Error when a layer cannot be had or is not what its digests say, Interrupted
void unpack_stack(const oci::Digest& chain_id,
                  store::Store& store,
                  const UnpackOptions& options,
                  const CancelToken& cancel);

}  // namespace cbuild::image
