// See hashing_stream.h.
#include "cbuild/util/hashing_stream.h"

namespace cbuild {

std::size_t HashingSource::read(std::span<std::byte> buffer) {
  const std::size_t count = inner_.read(buffer);
  hash_.update(buffer.first(count));
  count_ += count;
  return count;
}

void HashingSink::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  count_ += bytes.size();
  if (inner_ != nullptr) inner_->write(bytes);
}

}  // namespace cbuild
