// Owner, mode, times and attributes by descriptor; see file_metadata.h.
#include "cbuild/util/file_metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <limits>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/subordinate_ids.h"
#include "cbuild/util/xattr.h"

namespace cbuild {

namespace {

/// To chown(2) it means "as it is".
constexpr std::uint64_t kNoId = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void refuse_owner(std::uint64_t uid, std::uint64_t gid) {
  throw Error("cannot set the owner {}:{}: {}", uid, gid, kOutOfRange).with_hint(kOutOfRangeHint);
}

/// Whether `map`, a file of proc(5), has a range that `id` is in. True when it cannot be read.
bool is_mapped(const char* map, std::uint64_t id) {
  std::ifstream lines(map);
  if (!lines) return true;
  for (std::uint64_t first = 0, outside = 0, count = 0; lines >> first >> outside >> count;) {
    if (id >= first && id - first < count) return true;
  }
  return false;
}

}  // namespace

void require_id(std::uint64_t uid, std::uint64_t gid) {
  if (uid >= kNoId || gid >= kNoId) throw Error("no such owner: {}:{}", uid, gid);
}

void set_owner(const Fd& file, std::uint64_t uid, std::uint64_t gid) {
  require_id(uid, gid);
  if (::fchownat(file.get(), "", static_cast<uid_t>(uid), static_cast<gid_t>(gid), AT_EMPTY_PATH) ==
      0) {
    return;
  }
  // Without a user namespace an ordinary user has no other id than its own.
  const bool has_no_such_id =
      errno == EINVAL || errno == EOVERFLOW || (errno == EPERM && ::geteuid() != 0);
  if (!has_no_such_id) throw SysError("set the owner {}:{}", uid, gid);
  refuse_owner(uid, gid);
}

void require_owner(std::uint64_t uid, std::uint64_t gid) {
  require_id(uid, gid);
  if (!is_mapped("/proc/self/uid_map", uid) || !is_mapped("/proc/self/gid_map", gid)) {
    refuse_owner(uid, gid);
  }
}

void set_mode(const Fd& file, mode_t mode) {
  mode &= 07777U;
  if (::fchmod(file.get(), mode) == 0) return;
  // fchmod(2) refuses O_PATH. The link of proc(5) leads to the file that is open, whatever its name
  // leads to by now.
  if (errno != EBADF || ::chmod(fd_path(file.get()).c_str(), mode) != 0) {
    throw SysError("set the mode {:04o}", mode);
  }
}

void set_times(const Fd& file, const timespec& accessed, const timespec& modified) {
  const std::array times{accessed, modified};
  if (::utimensat(file.get(), "", times.data(), AT_EMPTY_PATH) != 0) throw SysError("set times");
}

bool set_xattr(const Fd& file, const Xattr& xattr) noexcept {
  const char* name = xattr.name.c_str();
  if (::fsetxattr(file.get(), name, xattr.value.data(), xattr.value.size(), 0) == 0) return true;
  if (errno != EBADF) return false;
  return ::setxattr(fd_path(file.get()).c_str(), name, xattr.value.data(), xattr.value.size(), 0) ==
         0;
}

void remove_xattr(const Fd& file, const char* name) {
  if (::removexattr(fd_path(file.get()).c_str(), name) != 0 && errno != ENODATA) {
    throw SysError("remove the attribute {}", name);
  }
}

Fd open_itself(const Fd& directory, const std::string& name) {
  Fd file(::openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) throw SysError("open {}", name);
  return file;
}

}  // namespace cbuild
