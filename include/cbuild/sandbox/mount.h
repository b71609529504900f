// The mounts of a sandbox beside those that every one has (/proc, /dev, /sys).
//
// With Isolation::chroot nothing is mounted: files and directories are put in place instead, and
// taken away when the Process has ended. A step can rename and remove them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

/// A file or directory of the host made visible inside, with what is mounted beneath it: read-only
/// throughout, or as it is. It is private: what is mounted there later on either side does not show
/// on the other. A device is one inside, too, for those who may open the file, and `read_only` says
/// nothing of what it is told. Given as a descriptor (O_PATH), so that no
/// name is looked up twice. What lies in a mount_detached() can be bound from Linux 6.15 on only:
/// use OverlayBind there. With Isolation::chroot the step gets a copy when it is read-only; else
/// the source itself is renamed to the target and back, so it must be on the file system of the
/// root, at one target only, and in exclusive use. A socket is linked.
struct BindMount {
  int source;          ///< borrowed until start() returns
  std::string target;  ///< path inside; resolved inside the root, made when it is missing (and
                       ///< removed at the end)
  bool read_only = true;
};

/// A file or directory of another overlay (a stage, an image) made visible inside. With an `upper`
/// it can be written to, without a change to the layers below. Refused with Isolation::chroot: give
/// a directory with a copy as a BindMount.
struct OverlayBind {
  OverlayMount overlay;
  std::string source;  ///< path in it; resolved inside of it
  std::string target;  ///< as of BindMount
  bool read_only = true;
};

/// With Isolation::chroot an empty directory on the disk, whose size is not limited.
struct TmpfsMount {
  std::string target;
  std::uint64_t size = 0;  ///< bytes; 0 = the kernel's default
  std::uint32_t mode = 01777;
  bool read_only = false;
  bool executable = true;  ///< programs in it may be executed
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// A file that exists only as long as the sandbox (secret, heredoc script): in memory, never on
/// disk. With Isolation::chroot it is on the disk; it is emptied and removed at the end, and
/// emptied also when the caller is killed.
struct MemoryFile {
  std::string target;
  std::string content;
  std::uint32_t mode = 0400;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

using Mount = std::variant<BindMount, OverlayBind, TmpfsMount, MemoryFile>;

}  // namespace cbuild::sandbox
