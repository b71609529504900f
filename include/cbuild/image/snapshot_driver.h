// How a step gets a writable root file system: found out by trying, in the directory of the store.
#pragma once

#include <string>

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::image {

enum class SnapshotDriver {
  overlay,  ///< of the kernel (overlayfs): nothing is copied
  clone,    ///< a private copy whose files share their blocks with the layers (FICLONE)
  copy      ///< a private copy
};

struct DriverChoice {
  SnapshotDriver driver;
  std::string reason;  ///< why it is not overlay; empty where it is
};

/// @pre the workspace was entered. @throws Error when the store cannot be written
DriverChoice choose_snapshot_driver(const sandbox::Workspace& workspace, store::Store& store);

}  // namespace cbuild::image
