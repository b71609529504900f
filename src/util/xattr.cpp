// Extended attributes; see xattr.h.
#include "cbuild/util/xattr.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cbuild {

namespace {

/// `list` and `get` are llistxattr(2) and lgetxattr(2), or their likes, of one file.
template <typename List, typename Get>
std::vector<Xattr> collect_xattrs(List&& list, Get&& get) {
  std::array<char, 4096> small;
  std::string names;
  ssize_t size = list(small.data(), small.size());
  if (size < 0 && errno == ERANGE) {
    names.resize(65536);
    size = list(names.data(), names.size());
  }
  if (size <= 0) return {};
  if (names.empty()) names.assign(small.data(), static_cast<std::size_t>(size));
  names.resize(static_cast<std::size_t>(size));

  std::vector<Xattr> result;
  for (const char* name = names.c_str(); name < names.c_str() + names.size();
       name += std::strlen(name) + 1) {
    std::string value(65536, '\0');
    const ssize_t length = get(name, value.data(), value.size());
    if (length < 0) continue;
    value.resize(static_cast<std::size_t>(length));
    result.push_back({name, std::move(value)});
  }
  std::ranges::sort(result, {}, &Xattr::name);
  return result;
}

}  // namespace

std::vector<Xattr> list_xattrs(const std::string& path) {
  return collect_xattrs(
      [&](char* names, std::size_t size) { return ::llistxattr(path.c_str(), names, size); },
      [&](const char* name, char* value, std::size_t size) {
        return ::lgetxattr(path.c_str(), name, value, size);
      });
}

std::vector<Xattr> list_xattrs(int fd) {
  return collect_xattrs(
      [&](char* names, std::size_t size) { return ::flistxattr(fd, names, size); },
      [&](const char* name, char* value, std::size_t size) {
        return ::fgetxattr(fd, name, value, size);
      });
}

}  // namespace cbuild
