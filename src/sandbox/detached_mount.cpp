// Mounts overlays in a temporary mount namespace; see detached_mount.h.
#include "cbuild/sandbox/detached_mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <exception>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/mount.h"
#include "src/sandbox/overlay.h"
#include "src/sandbox/overlay_support.h"

namespace cbuild::sandbox {

namespace {

/// Mounts it over its base, in a mount namespace that nobody else sees, and takes a copy of the
/// mount away from there. The caller's thread must end after that.
Fd mount_in_own_namespace(const OverlayMount& mount) {
  const PreparedOverlay overlay = prepare_overlay(mount);
  if (::unshare(CLONE_NEWNS) != 0) throw SysError("make a mount namespace");
  if (::chdir(mount.base.c_str()) != 0) throw SysError("enter {}", mount.base);
  if (!mount_overlay(overlay, ".")) throw overlay_failure(mount, errno);
  Fd tree(::open_tree(AT_FDCWD, mount.base.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree) throw SysError("open the overlay in {}", mount.base);
  return tree;
}

}  // namespace

Fd mount_detached(const OverlayMount& mount) {
  const bool is_plain = mount.is_plain_directory();
  if (is_plain || (mount.upper.empty() && mount.lower.size() == 1)) {
    const std::string& name = is_plain ? mount.upper : mount.lower[0];
    const Fd base(::open(mount.base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    Fd only(::openat(base.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!only) throw SysError("open {} in {}", name, mount.base);
    return only;
  }
  // A thread of its own: names in the options are relative to a working directory, and ours is not
  // to change.
  Fd root;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      root = mount_in_own_namespace(mount);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return root;
}

}  // namespace cbuild::sandbox
