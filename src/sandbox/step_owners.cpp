// Records of owners; see step_owners.h.
#include "src/sandbox/step_owners.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "cbuild/util/fd.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

constexpr std::size_t kLongestRecord = 128;
constexpr unsigned kWanted = STATX_INO | STATX_BTIME;

/// nullopt: it has none; errno says why.
std::optional<OwnerRecord> read_attribute(int fd) {
  std::array<char, kLongestRecord> text;
  const ssize_t size = ::getxattr(path_of(fd).c_str(), kOwnerXattr, text.data(), text.size());
  if (size < 0) return std::nullopt;
  return parse_owner_record({text.data(), static_cast<std::size_t>(size)});
}

/// Whether a path that was not found may be one through /proc/self. In a file system without mounts
/// beneath it there is none.
bool may_lead_to_proc(const std::string& path) {
  const Fd file(open_resolved(AT_FDCWD, path.c_str(), O_PATH, RESOLVE_NO_XDEV));
  return file || errno != ENOENT;
}

/// Whether a path may lead through /proc/self, which is this process in a shared /proc. Links to it
/// outside of /dev are not recognized: they show the owner on disk.
bool names_an_open_file(std::string_view path) {
  return path.starts_with("/dev/") || path.find("self/") != std::string_view::npos;
}

}  // namespace

Inode inode_of(const struct statx& status) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  Inode inode{.device = makedev(status.stx_dev_major, status.stx_dev_minor),
              .number = status.stx_ino};
  if ((status.stx_mask & STATX_BTIME) != 0)
    inode.birth = status.stx_btime.tv_sec * kSecond + status.stx_btime.tv_nsec;
  return inode;
}

StepOwners::Answer StepOwners::look(const std::string& path, bool follow) const {
  if (shares_proc_ && names_an_open_file(path)) return Answer::unclear;
  const auto get = follow ? ::getxattr : ::lgetxattr;
  if (get(path.c_str(), kOwnerXattr, nullptr, 0) >= 0) return Answer::found;
  switch (errno) {
    case ENODATA:
    case EOPNOTSUPP:
    case EPERM: {
      if (table_.empty()) return Answer::none;

      struct statx status {};

      const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
      if (::statx(AT_FDCWD, path.c_str(), flags, kWanted, &status) != 0) return Answer::unclear;
      return table_.find(inode_of(status)) ? Answer::found : Answer::none;
    }
    case ENOENT:
      return path.starts_with('/') && may_lead_to_proc(path) ? Answer::unclear : Answer::none;
    case ENOTDIR:
    case ENAMETOOLONG:
    case EBADF:
      return Answer::none;
    default:
      return Answer::unclear;
  }
}

std::optional<OwnerRecord> StepOwners::find(int fd) const {
  if (auto record = read_attribute(fd)) return record;
  if (table_.empty()) return std::nullopt;

  struct statx status {};

  if (::statx(fd, "", AT_EMPTY_PATH, kWanted, &status) != 0) return std::nullopt;
  return table_.find(inode_of(status));
}

int StepOwners::set(int fd, const OwnerRecord& record) {
  const std::string path = path_of(fd);
  int code = 0;
  if (record.is_default()) {
    if (::removexattr(path.c_str(), kOwnerXattr) != 0 && errno != ENODATA) code = errno;
  } else {
    const std::string text = to_text(record);
    if (::setxattr(path.c_str(), kOwnerXattr, text.data(), text.size(), 0) != 0) code = errno;
  }
  if (code != EPERM && code != EOPNOTSUPP) return code;

  struct statx status {};

  if (::statx(fd, "", AT_EMPTY_PATH, kWanted, &status) != 0) return errno;
  return table_.set(inode_of(status), record) ? 0 : ENOSPC;
}

void StepOwners::set_permanent(int fd, const OwnerRecord& record) {
  struct statx status {};

  if (::statx(fd, "", AT_EMPTY_PATH, kWanted, &status) != 0) return;
  Inode inode = inode_of(status);
  inode.birth.reset();
  table_.set(inode, record);
}

}  // namespace cbuild::sandbox
