// Names of whiteouts; see whiteout.h.
#include "src/layer/whiteout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "cbuild/layer/opaque.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/xattr.h"

namespace cbuild::layer {

namespace {

constexpr const char* kFileWhiteoutXattr = "user.cbuild.whiteout";
constexpr const char* kHoldsWhiteoutsXattr = "user.cbuild.whiteouts";
constexpr const char* kOwnOpaqueXattr = "user.cbuild.opaque";
constexpr const char* kOpaqueMarks[] = {kOpaqueXattr, "trusted.overlay.opaque", kOwnOpaqueXattr};
/// Seldom enough that no other file is asked for the attribute.
constexpr mode_t kFileMode = 01600;

bool may_be_file_whiteout(const struct stat& status) noexcept {
  return status.st_mode == (S_IFREG | kFileMode) && status.st_size == 0;
}

}  // namespace

NameKind classify_name(std::string_view name) noexcept {
  if (!name.starts_with(kWhiteoutPrefix)) return NameKind::ordinary;
  if (name == kOpaqueName) return NameKind::opaque;
  const std::string_view deleted = name.substr(kWhiteoutPrefix.size());
  if (deleted.starts_with(kWhiteoutPrefix)) return NameKind::aufs;
  if (deleted.empty() || deleted == "." || deleted == "..") return NameKind::invalid;
  return NameKind::whiteout;
}

int make_whiteout(int directory, const std::string& name) noexcept {
  if (::mknodat(directory, name.c_str(), S_IFCHR, ::makedev(0, 0)) == 0) return 0;
  if (errno != EPERM) return -1;
  const Fd file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::fchmod(file.get(), kFileMode) != 0) return -1;
  if (::fsetxattr(file.get(), kFileWhiteoutXattr, "y", 1, 0) != 0) return -1;
  return ::fsetxattr(directory, kHoldsWhiteoutsXattr, "y", 1, 0);
}

bool is_whiteout(const struct stat& status, int directory, const char* name) noexcept {
  if (S_ISCHR(status.st_mode)) return status.st_rdev == 0;
  if (!may_be_file_whiteout(status)) return false;
  const std::string path = fd_path(directory, name);
  return ::lgetxattr(path.c_str(), kFileWhiteoutXattr, nullptr, 0) >= 0;
}

bool is_whiteout(const struct stat& status, const std::vector<Xattr>& xattrs) noexcept {
  if (S_ISCHR(status.st_mode)) return status.st_rdev == 0;
  return may_be_file_whiteout(status) &&
         std::ranges::find(xattrs, kFileWhiteoutXattr, &Xattr::name) != xattrs.end();
}

bool holds_file_whiteouts(int directory) noexcept {
  return ::fgetxattr(directory, kHoldsWhiteoutsXattr, nullptr, 0) >= 0;
}

void make_opaque(int directory) {
  if (::fsetxattr(directory, kOpaqueXattr, "y", 1, 0) == 0) return;
  const int code = errno;
  // An overlayfs that is mounted with userxattr keeps user.overlay.* to itself.
  if (::fsetxattr(directory, kOwnOpaqueXattr, "y", 1, 0) == 0) return;
  throw SysError::from_code(code, fmt::format("set {}", kOpaqueXattr));
}

const char* opaque_mark(int directory) noexcept {
  for (const char* mark : kOpaqueMarks) {
    char value = '\0';
    if (::fgetxattr(directory, mark, &value, 1) == 1 && value == 'y') return mark;
  }
  return nullptr;
}

bool is_opaque(const std::vector<Xattr>& xattrs) noexcept {
  return std::ranges::any_of(xattrs, [](const Xattr& xattr) {
    return xattr.value == "y" &&
           std::ranges::find(kOpaqueMarks, xattr.name) != std::end(kOpaqueMarks);
  });
}

bool is_opaque(const std::string& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) throw SysError("open {}", directory);
  return opaque_mark(fd.get()) != nullptr;
}

}  // namespace cbuild::layer
