// Reflinks, copy_file_range(2) and plain copies; see copy_content.h.
#include "cbuild/util/copy_content.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"

namespace cbuild {

namespace {

/// Up to this size, the system calls for anything better cost more than they save.
constexpr off_t kSmallFile = 128 << 10;

void copy_through_buffer(const Fd& from,
                         const Fd& to,
                         const std::string& name,
                         const CancelToken& cancel) {
  thread_local std::vector<std::byte> buffer(kIoBlock);
  for (;;) {
    cancel.check();
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SysError("read {}", name);
    write_all(to.get(), std::span(buffer).first(static_cast<std::size_t>(count)), name);
    // Less than was asked for is the end of a regular file.
    if (count < static_cast<ssize_t>(buffer.size())) return;
  }
}

}  // namespace

void copy_content(
    const Fd& from, const Fd& to, off_t size, const std::string& name, const CancelToken& cancel) {
  if (size <= kSmallFile) return copy_through_buffer(from, to, name, cancel);
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  constexpr std::size_t kChunk = 32 << 20;  // so that Ctrl-C is seen
  for (;;) {
    cancel.check();
    const ssize_t count = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kChunk, 0);
    if (count == 0) return;
    if (count > 0 || errno == EINTR) continue;
    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
      return copy_through_buffer(from, to, name, cancel);
    }
    throw SysError("copy {}", name);
  }
}

}  // namespace cbuild
