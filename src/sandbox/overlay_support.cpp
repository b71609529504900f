// Checks file systems, and explains failed overlay mounts; see overlay_support.h.
#include "src/sandbox/overlay_support.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/mount.h"
#include "src/sandbox/overlay.h"

namespace cbuild::sandbox {

namespace {

constexpr long kFuse = 0x65735546;  // FUSE_SUPER_MAGIC, missing in linux/magic.h of Linux 6.1

constexpr const char* kMoveStore =
    "keep the store on a local file system (ext4, xfs, btrfs; in a container: a volume), named "
    "with "
    "--root DIR or CBUILD_ROOT";

/// May be the reason when nothing else is.
std::string hint_for(const OverlayMount& mount, int code) {
  struct statfs status {};

  if (code == ENODEV) return "overlayfs is not loaded into the kernel; as root: modprobe overlay";
  if (code == EPERM) return "overlayfs in a user namespace needs Linux 5.13 or newer";
  if (code != EINVAL && code != EOPNOTSUPP) return {};
  const bool known = ::statfs(mount.base.c_str(), &status) == 0;
  if (known && status.f_type == kFuse)
    return std::string("overlayfs cannot write to FUSE; ") + kMoveStore;
  if (known && status.f_type == TMPFS_MAGIC) {
    return std::string("overlayfs can write to tmpfs from Linux 6.6 on; ") + kMoveStore;
  }
  return kMoveStore;
}

}  // namespace

Error overlay_failure(const OverlayMount& mount, int code) {
  const std::string options = overlay_options(mount, /*is_volatile=*/false);
  Error error =
      SysError::from_code(code, fmt::format("mount an overlay in {} ({})", mount.base, options));
  if (!mount.upper.empty()) {
    if (std::string hint = hint_for(mount, code); !hint.empty()) error.with_hint(std::move(hint));
  }
  return error;
}

}  // namespace cbuild::sandbox
