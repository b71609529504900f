// What encoders share; see codecs.h.
#include "src/layer/codecs.h"

#include <algorithm>
#include <cstring>

namespace cbuild::layer {

void BlockCompressor::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // A full block waits for the next byte: finish() must know whether it is the last.
    if (filled_ == block_.size()) {
      encode(block_, false);
      filled_ = 0;
    }
    const std::size_t count = std::min(bytes.size(), block_.size() - filled_);
    std::memcpy(block_.data() + filled_, bytes.data(), count);
    filled_ += count;
    bytes = bytes.subspan(count);
  }
}

}  // namespace cbuild::layer
