// A trial mount and a trial clone; see snapshot_driver.h.
#include "cbuild/image/snapshot_driver.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "cbuild/sandbox/detached_mount.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"

namespace cbuild::image {

namespace {

bool can_clone(const Fd& directory) {
  const Fd from = open_at(directory.get(), "from", O_RDWR | O_CREAT, 0600);
  const Fd to = open_at(directory.get(), "to", O_RDWR | O_CREAT, 0600);
  return ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

}  // namespace

DriverChoice choose_snapshot_driver(const sandbox::Workspace& workspace, store::Store& store) {
  const store::ActiveSnapshot scratch = store.snapshots().prepare(std::nullopt);
  std::string reason = "overlays cannot be mounted without namespaces";
  if (workspace.isolation() == sandbox::Isolation::namespaces) {
    try {
      (void)sandbox::mount_detached(scratch.mount());
      return {SnapshotDriver::overlay, {}};
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  return {can_clone(scratch.upper()) ? SnapshotDriver::clone : SnapshotDriver::copy,
          std::move(reason)};
}

}  // namespace cbuild::image
