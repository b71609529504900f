// Snapshots::unpack(): decompress, verify, extract, publish; see unpack.h.
#include "src/store/unpack.h"

#include <memory>
#include <utility>
#include <vector>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/io.h"
#include "src/store/database.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_store.h"
#include "src/store/publish.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

/// Digests and sizes of the streams that were read while a layer was unpacked.
struct StreamDigests {
  oci::Digest blob;
  std::uint64_t blob_size = 0;
  oci::Digest tar;
  std::uint64_t tar_size = 0;
  bool has_whiteouts = false;
};

void drain(Source& source) {
  std::vector<std::byte> buffer(4096);
  while (source.read(buffer) > 0) {
  }
}

StreamDigests apply_blob(Source& compressed,
                         const Fd& directory,
                         FileOwners& owners,
                         const CancelToken& cancel) {
  HashingSource blob(compressed);
  const auto plain = layer::decompress(blob);
  HashingSource tar(*plain);
  layer::ApplyOptions options;
  options.owners = &owners;
  options.cancel = &cancel;
  const layer::ApplyResult applied = layer::apply(tar, directory, options);
  // The digests cover padding behind the last entry and trailing bytes of the compressed stream.
  drain(tar);
  drain(blob);
  StreamDigests actual;
  actual.has_whiteouts = applied.whiteouts != 0;
  actual.blob_size = blob.count();
  actual.blob = oci::Digest(blob.finish());
  actual.tar_size = tar.count();
  actual.tar = oci::Digest(tar.finish());
  return actual;
}

void verify(const StreamDigests& actual, const Snapshot& wanted) {
  if (actual.blob != wanted.blob->digest || actual.blob_size != wanted.blob->size) {
    throw Error(
        "layer {} does not match its descriptor: the blob is {} with {} bytes, expected {} bytes",
        wanted.blob->digest.to_string(), actual.blob.to_string(), actual.blob_size,
        wanted.blob->size);
  }
  if (actual.tar != wanted.diff_id) {
    throw Error("layer {} has the diffID {}, but the image config says {}",
                wanted.blob->digest.to_string(), actual.tar.to_string(),
                wanted.diff_id.to_string());
  }
}

}  // namespace

UnpackedBlob unpack_blob(Source& compressed,
                         const Snapshot& layer,
                         const Fd& directory,
                         FileOwners& owners,
                         const CancelToken& cancel) {
  const StreamDigests actual = apply_blob(compressed, directory, owners, cancel);
  verify(actual, layer);
  return {actual.tar_size, actual.has_whiteouts};
}

struct UnpackedLayer::Impl {
  oci::Digest chain_id;
  StagingDirectory staging;
  Fd directory;
  FileOwners owners;
  FinishedLayer layer;
};

UnpackedLayer::UnpackedLayer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

UnpackedLayer::UnpackedLayer(UnpackedLayer&&) noexcept = default;
UnpackedLayer& UnpackedLayer::operator=(UnpackedLayer&&) noexcept = default;
UnpackedLayer::~UnpackedLayer() = default;

const oci::Digest& UnpackedLayer::chain_id() const {
  return impl_->chain_id;
}

std::optional<UnpackedLayer> Snapshots::unpack(const oci::Digest& chain_id,
                                               Source& compressed,
                                               const CancelToken& cancel) {
  const NameLock lock(root_ + "/locks/" + chain_id.hex(),
                      fmt::format("layer {}, which another cbuild unpacks", chain_id.short_hex()),
                      cancel);
  const auto layer = find(chain_id);
  if (!layer) throw Error("the store does not know the layer {}", chain_id.to_string());
  if (layer->unpacked) return std::nullopt;
  if (!layer->blob) throw Error("layer {} has no blob to unpack", chain_id.to_string());

  StagingDirectory staging(root_);
  Fd directory = staging.make("fs", 0755);
  FileOwners owners(owners_.how());
  const UnpackedBlob unpacked = unpack_blob(compressed, *layer, directory, owners, cancel);
  FinishedLayer finished{.parent = layer->parent,
                         .diff_id = layer->diff_id,
                         .size = unpacked.size,
                         .made_here = false};
  if (unpacked.has_whiteouts) {
    return UnpackedLayer(std::make_unique<UnpackedLayer::Impl>(
        UnpackedLayer::Impl{chain_id, std::move(staging), std::move(directory), std::move(owners),
                            std::move(finished)}));
  }
  store::publish({database_, root_, owners_}, staging, finished, owners);
  return std::nullopt;
}

void Snapshots::publish(UnpackedLayer unpacked) {
  const UnpackedLayer::Impl& impl = *unpacked.impl_;
  layer::drop_idle_whiteouts(impl.directory,
                             open_stack({database_, root_, owners_}, impl.layer.parent));
  store::publish({database_, root_, owners_}, impl.staging, impl.layer, impl.owners);
}

}  // namespace cbuild::store
