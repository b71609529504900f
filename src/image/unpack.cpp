// Fetches and unpacks missing layers; see unpack.h.
#include "cbuild/image/unpack.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/parallel.h"

namespace cbuild::image {

namespace {

constexpr std::size_t kLayersAtOnce = 4;

/// Publishes the layers that delete names, the lowest first.
void publish(std::vector<store::UnpackedLayer> layers,
             const std::vector<oci::Digest>& order,
             store::Store& store) {
  std::ranges::sort(layers, {}, [&](const store::UnpackedLayer& layer) {
    return std::ranges::find(order, layer.chain_id());
  });
  for (store::UnpackedLayer& layer : layers)
    store.snapshots().publish(std::move(layer));
}

/// The bytes of a layer for the one that unpacks it. Writes them to the blob store on the way and
/// reports the transfer.
class FetchedLayer final : public Source {
 public:
  FetchedLayer(const oci::Descriptor& blob,
               oci::BlobStore& from,
               oci::BlobStore* keep,
               const Progress::Step& step,
               const CancelToken& cancel)
      : blob_(blob), from_(from), keep_(keep), step_(step), cancel_(cancel) {}

  std::size_t read(std::span<std::byte> buffer) override {
    cancel_.check();
    if (!source_) begin();
    const std::size_t count = source_->read(buffer);
    if (writer_ && count > 0) writer_->write(buffer.first(count));
    if (writer_ && count == 0 && !buffer.empty()) {
      writer_->commit();
      writer_.reset();
    }
    done_ += count;
    if (count > 0) step_.transfer(blob_.digest.short_hex(), done_, blob_.size);
    return count;
  }

 private:
  /// Called by the first read: until then another process may unpack the layer or fetch its blob.
  void begin() {
    const bool is_here = keep_ != nullptr && keep_->has(blob_);
    source_ = is_here ? keep_->open(blob_) : from_.open(blob_);
    if (keep_ != nullptr && !is_here) writer_ = keep_->create(blob_);
  }

  const oci::Descriptor& blob_;
  oci::BlobStore& from_;
  oci::BlobStore* keep_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<oci::BlobWriter> writer_;
  Progress::Step step_;
  const CancelToken& cancel_;
  std::uint64_t done_ = 0;
};

}  // namespace

bool is_unpacked(store::Store& store, const oci::Digest& chain_id) {
  return std::ranges::all_of(store.snapshots().stack(chain_id), &store::Snapshot::unpacked);
}

void unpack_stack(const oci::Digest& chain_id,
                  store::Store& store,
                  const UnpackOptions& options,
                  const CancelToken& cancel) {
  std::vector<store::Snapshot> missing = store.snapshots().stack(chain_id);
  std::vector<oci::Digest> order;
  for (const store::Snapshot& layer : missing)
    order.push_back(layer.chain_id);
  std::erase_if(missing, [](const store::Snapshot& layer) { return layer.unpacked; });
  // The largest layer first: it takes longest, and the others are unpacked beside it.
  std::ranges::stable_sort(missing, std::greater(), [](const store::Snapshot& layer) {
    return layer.blob ? layer.blob->size : 0;
  });
  std::mutex mutex;
  std::vector<store::UnpackedLayer> unpublished;
  parallel_for(missing.size(), kLayersAtOnce, [&](std::size_t i) {
    const store::Snapshot& layer = missing[i];
    if (!layer.blob) {
      throw Error("layer {} is gone from the store", layer.diff_id.to_string())
          .with_hint("build, pull or load the image again");
    }
    const bool kept = store.blobs().has(*layer.blob);
    if (!kept && options.source == nullptr) {
      throw Error("layer {} is not in the store", layer.blob->digest.to_string());
    }
    FetchedLayer bytes(*layer.blob, kept ? store.blobs() : *options.source,
                       kept ? nullptr : &store.blobs(), options.step, cancel);
    with_context("unpack layer " + layer.blob->digest.short_hex(), [&] {
      auto unpacked = store.snapshots().unpack(layer.chain_id, bytes, cancel);
      const std::lock_guard lock(mutex);
      if (unpacked) unpublished.push_back(std::move(*unpacked));
    });
  });
  publish(std::move(unpublished), order, store);
}

}  // namespace cbuild::image
