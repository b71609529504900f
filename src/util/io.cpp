// What every source and sink can do; see io.h.
#include "cbuild/util/io.h"

#include <array>
#include <vector>

#include "cbuild/util/error.h"

namespace cbuild {

std::uint64_t copy(Source& from, Sink& to) {
  std::vector<std::byte> buffer(kIoBlock);
  std::uint64_t total = 0;
  while (const std::size_t count = from.read(buffer)) {
    to.write(std::span(buffer).first(count));
    total += count;
  }
  return total;
}

std::string read_all(Source& from, std::uint64_t limit) {
  std::string text;
  std::array<std::byte, 16384> buffer;  // most are small: a large one costs page faults
  while (const std::size_t count = from.read(buffer)) {
    if (text.size() + count > limit) throw Error("larger than the limit of {} bytes", limit);
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return text;
}

}  // namespace cbuild
