// Reads and writes the mark; see boot_mark.h.
#include "src/store/boot_mark.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"

namespace cbuild::store {

namespace {

constexpr const char* kMark = "user.cbuild.boot";

/// Empty when there is none.
std::string mark_of(const Fd& directory) {
  std::array<char, 64> value{};
  const ssize_t size = ::fgetxattr(directory.get(), kMark, value.data(), value.size());
  if (size >= 0) return {value.data(), static_cast<std::size_t>(size)};
  if (errno == ENODATA) return {};
  throw SysError("read the xattr {}", kMark);
}

void set_mark(const Fd& directory, const std::string& boot) {
  if (::fsetxattr(directory.get(), kMark, boot.data(), boot.size(), 0) != 0) {
    throw SysError("set the xattr {}", kMark);
  }
  // The mark must reach the disk before the writes of the step, which may do so in any order.
  if (::fsync(directory.get()) != 0) throw SysError("fsync");
}

}  // namespace

void begin_unsynced(const Fd& directory, const std::string& name) {
  const std::string boot = boot_id();
  const std::string mark = mark_of(directory);
  if (mark == boot && !boot.empty()) return;
  if (!mark.empty()) {
    log_debug("cache {} was not on disk yet when the machine stopped; it starts empty", name);
    for (const DirectoryEntry& entry : list_directory(directory.get()))
      remove_tree(directory.get(), entry.name);
  }
  set_mark(directory, boot);
}

bool has_boot_mark(const Fd& directory) {
  return !mark_of(directory).empty();
}

void remove_boot_mark(const Fd& directory) {
  if (::fremovexattr(directory.get(), kMark) != 0 && errno != ENODATA) {
    throw SysError("remove the xattr {}", kMark);
  }
}

}  // namespace cbuild::store
