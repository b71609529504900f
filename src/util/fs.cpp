// Trusted files and directories; see fs.h.
#include "cbuild/util/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/io.h"
#include "cbuild/util/path.h"

namespace cbuild {

namespace {

/// Opens a directory to be emptied; changes a mode that prevents it. No Fd when it does not exist.
/// @param resolve  RESOLVE_* of openat2(2)
Fd open_to_empty(int dirfd, const std::string& name, std::uint64_t resolve) {
  open_how how{};
  how.resolve = resolve;
  const auto open = [&](int flags) {
    how.flags = static_cast<std::uint64_t>(flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return Fd(static_cast<int>(::syscall(SYS_openat2, dirfd, name.c_str(), &how, sizeof how)));
  };
  Fd directory = open(O_RDONLY);
  if (!directory && errno == EACCES) {
    const Fd itself = open(O_PATH);
    if (itself) set_mode(itself, 0700);
    directory = open(O_RDONLY);
  }
  if (!directory && errno != ENOENT) throw SysError("remove {}", name);

  struct stat status {};

  if (directory && ::fstat(directory.get(), &status) == 0 && (status.st_mode & 0700) != 0700) {
    ::fchmod(directory.get(), 0700);
  }
  return directory;
}

/// True when `name` is gone, false when it is a directory.
bool remove_unless_directory(int dirfd, const std::string& name) {
  if (::unlinkat(dirfd, name.c_str(), 0) == 0 || errno == ENOENT) return true;
  if (errno != EISDIR && errno != EPERM) throw SysError("remove {}", name);
  return false;
}

/// A directory that is being emptied.
struct Emptied {
  Emptied(std::string its_name, const Fd& fd)
      : name(std::move(its_name)), entries(list_directory(fd.get())) {
    if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", name);
  }

  std::string name;
  std::vector<DirectoryEntry> entries;  ///< that are still there

  struct stat status {};
};

/// Goes back to `above` from a directory in it.
Fd open_above(const Fd& directory, const Emptied& above) {
  Fd fd = open_at(directory.get(), "..", O_RDONLY | O_DIRECTORY);

  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", above.name);
  if (status.st_dev != above.status.st_dev || status.st_ino != above.status.st_ino) {
    throw Error("remove {}: it was moved at the same time", above.name);
  }
  return fd;
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

Fd duplicate(int fd) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw SysError("duplicate a descriptor");
  return copy;
}

Fd open_directory(const std::string& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

std::optional<std::string> read_file_if_exists(const std::string& path, std::uint64_t limit) {
  auto fd = try_open_regular(path);
  if (!fd) return std::nullopt;
  FdSource source(std::move(*fd), path);
  return with_context(path, [&] { return read_all(source, limit); });
}

std::string read_file(const std::string& path, std::uint64_t limit) {
  FdSource source(open_regular(path), path);
  return with_context(path, [&] { return read_all(source, limit); });
}

void write_file_atomically(const std::string& path,
                           std::string_view content,
                           mode_t mode,
                           Durability durability) {
  const bool synced = durability == Durability::power;
  std::string temporary = path + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw SysError("create {}", temporary);
  try {
    write_all(fd.get(), as_bytes(content), temporary);
    if (::fchmod(fd.get(), mode) != 0) throw SysError("chmod {}", temporary);
    if (synced && ::fsync(fd.get()) != 0) throw SysError("fsync {}", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw SysError("rename to {}", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!synced) return;
  const Fd directory = open_directory(directory_of(path));
  if (::fsync(directory.get()) != 0) throw SysError("fsync {}", directory_of(path));
}

void make_directories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  if (errno != ENOENT || path == directory_of(path)) throw SysError("make directory {}", path);
  make_directories(directory_of(path), mode);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    throw SysError("make directory {}", path);
  }
}

void remove_tree(int dirfd, const std::string& name) {
  if (remove_unless_directory(dirfd, name)) return;
  Fd at = open_to_empty(dirfd, name, 0);
  if (!at) return;
  // Trees may be deeper than there are descriptors, or stack for a recursion.
  std::vector<Emptied> levels;
  levels.emplace_back(name, at);
  while (levels.size() > 1 || !levels.back().entries.empty()) {
    Emptied& level = levels.back();
    if (level.entries.empty()) {
      Fd above = open_above(at, levels[levels.size() - 2]);
      if (::unlinkat(above.get(), level.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
        throw SysError("remove directory {}", level.name);
      }
      at = std::move(above);
      levels.pop_back();
      continue;
    }
    DirectoryEntry entry = std::move(level.entries.back());
    level.entries.pop_back();
    if (entry.type != DT_DIR && remove_unless_directory(at.get(), entry.name)) continue;
    // Never empty a file system that is mounted there.
    Fd below = open_to_empty(at.get(), entry.name, RESOLVE_NO_XDEV);
    if (!below) continue;
    levels.emplace_back(std::move(entry.name), below);
    at = std::move(below);
  }
  if (::unlinkat(dirfd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    throw SysError("remove directory {}", name);
  }
}

bool is_ghost(int dirfd, const char* name, unsigned char type) noexcept {
  return type == DT_CHR && ::faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
         errno == ENOENT;
}

std::vector<DirectoryEntry> list_directory(int fd) {
  Fd own(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) throw SysError("open directory");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
  if (!stream) throw SysError("open directory");
  own.release();  // closedir(3) closes it
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    const bool is_listed =
        name != "." && name != ".." && !is_ghost(fd, entry->d_name, entry->d_type);
    if (is_listed) entries.push_back({std::string(name), entry->d_type});
    errno = 0;
  }
  if (errno != 0) throw SysError("read directory");
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

std::string read_link(int dirfd, const std::string& name) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(dirfd, name.c_str(), target.data(), target.size());
  if (size < 0) throw SysError("read link {}", name);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

}  // namespace cbuild
