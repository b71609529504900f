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

namespace cbuild {

class Fd;

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
/// leaves the mount; changes modes that prevent the removal. Missing is fine. @throws SysError for
/// what could not be removed.
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

/// Where a symbolic link points to. @throws SysError
std::string read_link(int dirfd, const std::string& name);

}  // namespace cbuild
