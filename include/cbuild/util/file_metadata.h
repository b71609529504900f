// Sets owner, mode, times and attributes of files, through open descriptors only: a name may be
// swapped for a link between two calls, a descriptor may not.
//
// All of it takes descriptors opened with O_PATH, so links, sockets and devices can be given too.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <string>

namespace cbuild {

class Fd;
struct Xattr;

/// Gives the file to `uid` and `gid`. The kernel takes set-id bits and capabilities away, so mode
/// and attributes come after it. @throws Error naming the owner and subuid(5) when this user
/// namespace has no such id, SysError for other failures.
void set_owner(const Fd& file, std::uint64_t uid, std::uint64_t gid);

/// Refuses what is no id: -1, which means "as it is" to chown(2), and above.
void require_id(std::uint64_t uid, std::uint64_t gid);

/// Refuses, in the words of set_owner(), an owner that this user namespace has not: for files that
/// somebody else will make.
void require_owner(std::uint64_t uid, std::uint64_t gid);

/// Sets the 07777 bits of the mode of anything but a symbolic link. @throws SysError
void set_mode(const Fd& file, mode_t mode);

/// @throws SysError
void set_times(const Fd& file, const timespec& accessed, const timespec& modified);

/// Sets one extended attribute. False: errno says why not.
bool set_xattr(const Fd& file, const Xattr& xattr) noexcept;

/// Removes one extended attribute; it may be missing. @throws SysError
void remove_xattr(const Fd& file, const char* name);

/// Opens `name` in a directory itself (a link is not followed), for the functions above.
/// @throws SysError
Fd open_itself(const Fd& directory, const std::string& name);

}  // namespace cbuild
