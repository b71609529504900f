// Snapshots::unpack, and how a blob becomes a directory; see unpack.h.
#include "src/store/unpack.h"

#include <vector>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "src/store/database.h"
#include "src/store/layer_directory.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

/// What passed by while a layer was unpacked.
struct Seen {
  oci::Digest blob;
  std::uint64_t blob_size = 0;
  oci::Digest tar;
  std::uint64_t tar_size = 0;
};

void drain(Source& source) {
  std::vector<std::byte> buffer(4096);
  while (source.read(buffer) > 0) {
  }
}

Seen apply_blob(Source& compressed, const Fd& directory, const CancelToken& cancel) {
  HashingSource blob(compressed);
  const auto plain = layer::decompress(blob);
  HashingSource tar(*plain);
  layer::ApplyOptions options;
  options.cancel = &cancel;
  layer::apply(tar, directory, options);
  // Padding behind the last entry, and what the decompressor did not need to look at.
  drain(tar);
  drain(blob);
  Seen seen;
  seen.blob_size = blob.count();
  seen.blob = oci::Digest(blob.finish());
  seen.tar_size = tar.count();
  seen.tar = oci::Digest(tar.finish());
  return seen;
}

void verify(const Seen& seen, const Snapshot& wanted) {
  if (seen.blob != wanted.blob->digest || seen.blob_size != wanted.blob->size) {
    throw Error("layer {} came as {} with {} bytes, expected {} bytes",
                wanted.blob->digest.to_string(), seen.blob.to_string(), seen.blob_size,
                wanted.blob->size);
  }
  if (seen.tar != wanted.diff_id) {
    throw Error("layer {} unpacks to {}, but the image says {}", wanted.blob->digest.to_string(),
                seen.tar.to_string(), wanted.diff_id.to_string());
  }
}

}  // namespace

std::uint64_t unpack_blob(Source& compressed,
                          const Snapshot& layer,
                          const Fd& directory,
                          const CancelToken& cancel) {
  const Seen seen = apply_blob(compressed, directory, cancel);
  verify(seen, layer);
  return seen.tar_size;
}

void Snapshots::unpack(const oci::Digest& chain_id, Source& compressed, const CancelToken& cancel) {
  const NameLock lock(root_ + "/locks/" + chain_id.hex(),
                      fmt::format("layer {}, which another cbuild unpacks", chain_id.short_hex()),
                      cancel);
  const auto layer = find(chain_id);
  if (!layer) throw Error("the store does not know the layer {}", chain_id.to_string());
  if (layer->unpacked) return;
  if (!layer->blob) throw Error("layer {} has no blob to unpack", chain_id.to_string());

  StagingDirectory staging(root_);
  const Fd directory = staging.make("fs", 0755);
  const std::uint64_t size = unpack_blob(compressed, *layer, directory, cancel);
  publish(database_, root_, staging,
          {.parent = layer->parent, .diff_id = layer->diff_id, .size = size, .made_here = false});
}

}  // namespace cbuild::store
