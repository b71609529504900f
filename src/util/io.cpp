// The concrete sources and sinks.
#include "cbuild/util/io.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild {

std::size_t FdSource::read(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw SysError("read {}", name_);
    if (received_signal() != 0) throw Interrupted();  // a FIFO by a name may keep us waiting
  }
}

std::size_t StringSource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), text_.size() - at_);
  std::memcpy(buffer.data(), text_.data() + at_, count);
  at_ += count;
  return count;
}

std::size_t HashingSource::read(std::span<std::byte> buffer) {
  const std::size_t count = inner_.read(buffer);
  hash_.update(buffer.first(count));
  count_ += count;
  return count;
}

void FdSink::write(std::span<const std::byte> bytes) {
  write_all(fd_, bytes, name_);
}

void HashingSink::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  count_ += bytes.size();
  if (inner_ != nullptr) inner_->write(bytes);
}

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

void write_all(int fd, std::span<const std::byte> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw SysError("write {}", name);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace cbuild
