// Files and directories of our own (store, configuration): trusted paths. Trees we do not trust go
// through rootfs_path.h.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild {

/// Opens `path` (relative to `dirfd`, default the current directory) with O_CLOEXEC. @throws
/// SysError
Fd open_file(const std::string& path, int flags, mode_t mode = 0644);
Fd open_at(int dirfd, const std::string& path, int flags, mode_t mode = 0644);

/// A further descriptor of the same open file, with O_CLOEXEC. @throws SysError
Fd duplicate(int fd);

/// Opens a directory for reading its entries and for *at calls.
Fd open_directory(const std::string& path);

/// The whole file. nullopt when there is none. @throws Error when it is larger than `limit` bytes,
/// and for what is no regular file (see open_regular()).
std::optional<std::string> read_file_if_exists(const std::string& path,
                                               std::uint64_t limit = 64 << 20);
std::string read_file(const std::string& path, std::uint64_t limit = 64 << 20);

enum class Durability {
  power,  ///< synced: survives power loss
  none    ///< for what is checked when it is read, and can be made again
};

/// Replaces `path` by `content` in one step: a reader sees the old file or the new one.
void write_file_atomically(const std::string& path,
                           std::string_view content,
                           mode_t mode = 0644,
                           Durability durability = Durability::power);

/// mkdir -p. Existing directories stay as they are.
void make_directories(const std::string& path, mode_t mode = 0755);

/// Removes `name` beneath `dirfd` with everything in it. Never follows a symbolic link, never
/// leaves the mount, mends modes that are in the way. Missing is fine. @throws SysError for what
/// could not be removed.
void remove_tree(int dirfd, const std::string& name);

/// One entry of a directory, "." and ".." left out.
struct DirectoryEntry {
  std::string name;
  unsigned char type;  ///< DT_* of readdir(3); may be DT_UNKNOWN
};

/// Whether overlayfs lists a name that it does not show: a deletion in a directory that only one
/// layer has. `type` is what readdir(3) said.
bool is_ghost(int dirfd, const char* name, unsigned char type) noexcept;

/// The entries of the directory behind `fd`, sorted by the bytes of their names, without ghosts.
/// @throws SysError
std::vector<DirectoryEntry> list_directory(int fd);

/// The names of all extended attributes of an open file or of `name` beneath `dirfd` itself (links
/// not followed). Empty where the file system has none.
struct Xattr {
  std::string name;
  std::string value;
  friend bool operator==(const Xattr&, const Xattr&) = default;
};

/// Extended attributes of the file at `path` (a link itself, not its target), sorted by name. Those
/// that cannot be read are left out.
std::vector<Xattr> list_xattrs(const std::string& path);
/// Those of an open file (not O_PATH). A path through /proc/self/fd would list those of the link.
std::vector<Xattr> list_xattrs(int fd);

/// "/proc/self/fd/N/NAME": lets path-only system calls work relative to a directory descriptor.
std::string fd_path(int dirfd, std::string_view name = {});

/// Where a symbolic link points to. @throws SysError
std::string read_link(int dirfd, const std::string& name);

}  // namespace cbuild
