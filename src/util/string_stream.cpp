// See string_stream.h.
#include "cbuild/util/string_stream.h"

#include <algorithm>
#include <cstring>

namespace cbuild {

std::size_t StringSource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), text_.size() - at_);
  std::memcpy(buffer.data(), text_.data() + at_, count);
  at_ += count;
  return count;
}

}  // namespace cbuild
