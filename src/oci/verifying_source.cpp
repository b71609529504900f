// Checks of a blob's size and digest; see verifying_source.h.
#include "cbuild/oci/verifying_source.h"

#include <utility>

#include "cbuild/oci/digest.h"
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

}  // namespace cbuild::oci
