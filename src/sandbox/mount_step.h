// One step of building a root file system, as data: planned before the clone, performed after it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cbuild::sandbox {

/// Key and value; an empty value makes it a flag.
using MountOption = std::pair<std::string, std::string>;

/// A file system of its own.
struct NewFilesystem {
  std::string type;
  std::vector<MountOption> options;
};

/// A tree of the host, looked up before the image is visible.
struct HostTree {
  std::string path;
  bool recursive = false;
  dev_t device = 0;  ///< when not 0: it must be this character device
};

/// A tree that the parent opened: `index` in the list of those.
struct GivenTree {
  std::size_t index;
};

/// A file made for this run, on the scratch file system.
struct ScratchFile {
  std::string name;
  std::string content;
  mode_t mode;
  uid_t uid = 0;
  gid_t gid = 0;
};

using MountSource = std::variant<NewFilesystem, HostTree, GivenTree, ScratchFile>;

/// Mounts `source` on `target`, which is made when missing.
struct MountStep {
  MountSource source;
  std::string target;
  std::uint64_t attributes = 0;  ///< MOUNT_ATTR_*, of all mounts of the tree
  bool optional = false;         ///< does without when the kernel refuses
  /// The file system of the host at `target` instead, with all that is mounted on it, when the
  /// kernel refuses a new one: where a container masks parts of it (mount_too_revealing() of
  /// Linux).
  bool or_that_of_host = false;
};

/// Hides a path of the kernel, if it is there: a file behind /dev/null, a directory behind an empty
/// one.
struct MaskStep {
  std::string target;
};

/// Makes a path of the kernel read-only, if it is there.
struct ReadOnlyStep {
  std::string target;
};

/// Makes entries of a directory that an earlier step mounted: mount points for those that follow,
/// and symbolic links.
struct FillStep {
  std::string directory;
  std::vector<std::string> directories;
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::string>> links;  ///< name and content
};

/// Writes to a file of the kernel. A profile of AppArmor may forbid it.
struct WriteStep {
  std::string target;
  std::string content;
  const char* wish = nullptr;  ///< of the user's, which fails without it; null = best effort
};

using Step = std::variant<MountStep, MaskStep, ReadOnlyStep, FillStep, WriteStep>;

}  // namespace cbuild::sandbox
