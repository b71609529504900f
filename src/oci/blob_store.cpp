// What every BlobStore has in common.
#include "cbuild/oci/blob_store.h"

#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"

namespace cbuild::oci {

VerifyingSource::VerifyingSource(std::unique_ptr<Source> inner, Descriptor blob)
    : inner_(std::move(inner)), blob_(std::move(blob)) {}

std::size_t VerifyingSource::read(std::span<std::byte> buffer) {
  if (ended_ || buffer.empty()) return 0;
  const std::size_t count = inner_->read(buffer);
  hash_.update(buffer.first(count));
  count_ += count;
  if (count_ > blob_.size) {
    throw Error(ErrorKind::network, "blob {} is longer than the {} bytes it should have",
                blob_.digest.to_string(), blob_.size);
  }
  if (count > 0) return count;
  ended_ = true;
  if (count_ != blob_.size) {
    throw Error(ErrorKind::network, "blob {} ended after {} of {} bytes", blob_.digest.to_string(),
                count_, blob_.size);
  }
  const Digest actual(hash_.finish());
  if (actual != blob_.digest) {
    throw Error(ErrorKind::network, "blob {} has other content: its digest is {}",
                blob_.digest.to_string(), actual.to_string());
  }
  return 0;
}

std::string read_document(BlobStore& store, const Descriptor& blob) {
  if (blob.size > kMaxDocument) {
    throw Error("{} has a size of {} bytes; documents of more than {} are not read",
                blob.digest.to_string(), blob.size, kMaxDocument);
  }
  const auto source = store.open(blob);
  return read_all(*source, kMaxDocument);
}

void write_blob(BlobStore& store, const Descriptor& blob, std::string_view bytes) {
  if (store.has(blob)) return;
  const auto writer = store.create(blob);
  writer->write(as_bytes(bytes));
  writer->commit();
}

Descriptor describe(std::string_view media_type, std::string_view bytes) {
  return {std::string(media_type), Digest::of(bytes), bytes.size(), std::nullopt, {}};
}

}  // namespace cbuild::oci
