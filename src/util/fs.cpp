// Trusted files and directories; see fs.h.
#include "cbuild/util/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "cbuild/util/error.h"
#include "cbuild/util/io.h"

namespace cbuild {

namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void remove_entry(int dirfd, const std::string& name, unsigned char type);

void remove_contents(const Fd& directory) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    remove_entry(directory.get(), entry.name, entry.type);
  }
}

void remove_entry(int dirfd, const std::string& name, unsigned char type) {
  if (type != DT_DIR) {
    if (::unlinkat(dirfd, name.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR && errno != EPERM) throw SysError("remove {}", name);
  }
  Fd directory(::openat(dirfd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory && errno == EACCES) {
    ::fchmodat(dirfd, name.c_str(), 0700, 0);
    directory = Fd(::openat(dirfd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!directory) {
    if (errno == ENOENT) return;
    throw SysError("remove {}", name);
  }

  struct stat status {};

  if (::fstat(directory.get(), &status) == 0 && (status.st_mode & 0700) != 0700) {
    ::fchmod(directory.get(), 0700);
  }
  remove_contents(directory);
  if (::unlinkat(dirfd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    throw SysError("remove directory {}", name);
  }
}

/// @param list, get  as llistxattr(2) and lgetxattr(2), with the file bound
template <typename List, typename Get>
std::vector<Xattr> collect_xattrs(const List& list, const Get& get) {
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

Fd open_file(const std::string& path, int flags, mode_t mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

Fd open_at(int dirfd, const std::string& path, int flags, mode_t mode) {
  Fd fd(::openat(dirfd, path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) throw SysError("open {}", path);
  return fd;
}

Fd open_directory(const std::string& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

std::optional<std::string> read_file_if_exists(const std::string& path, std::uint64_t limit) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw SysError("open {}", path);
  }
  FdSource source(std::move(fd), path);
  return with_context(path, [&] { return read_all(source, limit); });
}

std::string read_file(const std::string& path, std::uint64_t limit) {
  FdSource source(open_file(path, O_RDONLY), path);
  return with_context(path, [&] { return read_all(source, limit); });
}

void write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw SysError("create {}", temporary);
  try {
    write_all(fd.get(), as_bytes(content), temporary);
    if (::fchmod(fd.get(), mode) != 0) throw SysError("chmod {}", temporary);
    if (::fsync(fd.get()) != 0) throw SysError("fsync {}", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw SysError("rename to {}", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const Fd directory = open_directory(parent_of(path));
  if (::fsync(directory.get()) != 0) throw SysError("fsync {}", parent_of(path));
}

void make_directories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  if (errno != ENOENT || path == parent_of(path)) throw SysError("make directory {}", path);
  make_directories(parent_of(path), mode);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw SysError("make directory {}", path);
  }
}

void remove_tree(int dirfd, const std::string& name) {
  remove_entry(dirfd, name, DT_UNKNOWN);
}

std::vector<DirectoryEntry> list_directory(int fd) {
  const int own = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) throw SysError("open directory");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), ::closedir);
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_type});
    errno = 0;
  }
  if (errno != 0) throw SysError("read directory");
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

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

std::string fd_path(int dirfd, std::string_view name) {
  return name.empty() ? fmt::format("/proc/self/fd/{}", dirfd)
                      : fmt::format("/proc/self/fd/{}/{}", dirfd, name);
}

std::string read_link(int dirfd, const std::string& name) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(dirfd, name.c_str(), target.data(), target.size());
  if (size < 0) throw SysError("read link {}", name);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

}  // namespace cbuild
