// Reads and writes of a descriptor, through to the end; see fd_stream.h.
#include "cbuild/util/fd_stream.h"

#include <unistd.h>

#include <cerrno>

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

void FdSink::write(std::span<const std::byte> bytes) {
  write_all(fd_, bytes, name_);
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
