// Extended attributes of files in layers; see file_xattrs.h.
#include "src/layer/file_xattrs.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/xattr.h"

namespace cbuild::layer {

namespace {

constexpr std::size_t kMaxXattrBytes = 65536;  ///< XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux

/// Reads by `list(buffer, size)` and `get(name, buffer, size)`: the f... or the l... calls.
template <typename List, typename Get>
std::vector<Xattr> read_all_xattrs(List list, Get get) {
  std::array<char, 1024> small;
  std::string large;
  const char* names = small.data();
  ssize_t size = list(small.data(), small.size());
  if (size < 0 && errno == ERANGE) {
    large.resize(kMaxXattrBytes);
    size = list(large.data(), large.size());
    names = large.data();
  }
  if (size < 0 && errno != ENOTSUP && errno != EPERM) throw SysError("list extended attributes");
  std::vector<Xattr> result;
  if (size <= 0) return result;
  std::string value;
  for (const char* name = names; name < names + size; name += std::strlen(name) + 1) {
    value.resize(kMaxXattrBytes);
    const ssize_t length = get(name, value.data(), value.size());
    if (length < 0) {
      // Gone, or not to be seen by this user: the layer cannot carry it.
      if (errno == ENODATA || errno == EPERM || errno == EACCES || errno == ENOTSUP) continue;
      throw SysError("read extended attribute {}", name);
    }
    result.push_back({name, value.substr(0, static_cast<std::size_t>(length))});
  }
  std::ranges::sort(result, {}, &Xattr::name);
  return result;
}

}  // namespace

bool is_overlay_xattr(std::string_view name) noexcept {
  return name.starts_with("user.overlay.") || name.starts_with("trusted.overlay.");
}

bool is_written_xattr(std::string_view name) noexcept {
  return (name.starts_with("user.") && !is_overlay_xattr(name) && !is_record(name) &&
          // Such a name cannot be the key of a PAX record.
          name.find('=') == std::string_view::npos) ||
         name == "security.capability";
}

bool is_applied_xattr(std::string_view name) noexcept {
  return is_written_xattr(name) || (name.starts_with("trusted.") && !is_overlay_xattr(name));
}

std::vector<Xattr> read_xattrs(int fd) {
  return read_all_xattrs(
      [fd](char* buffer, std::size_t size) { return ::flistxattr(fd, buffer, size); },
      [fd](const char* name, char* buffer, std::size_t size) {
        return ::fgetxattr(fd, name, buffer, size);
      });
}

std::vector<Xattr> read_xattrs_at(int dirfd, std::string_view name) {
  const std::string path = fd_path(dirfd, name);
  return read_all_xattrs(
      [&](char* buffer, std::size_t size) { return ::llistxattr(path.c_str(), buffer, size); },
      [&](const char* key, char* buffer, std::size_t size) {
        return ::lgetxattr(path.c_str(), key, buffer, size);
      });
}

void write_xattrs(const Fd& file, const std::vector<Xattr>& xattrs, const FileOwners& owners) {
  for (const Xattr& xattr : xattrs) {
    if (!is_applied_xattr(xattr.name) || owners.set_xattr(file, xattr)) continue;
    if (errno == ENOTSUP || errno == EPERM) continue;
    throw SysError("set extended attribute {}", xattr.name);
  }
}

}  // namespace cbuild::layer
