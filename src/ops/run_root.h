// The writable root file system of a RUN: an overlay, or a private copy where none can be mounted.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "cbuild/image/root_views.h"
#include "cbuild/layer/working_copy.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/util/link_owners.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/once.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::ops {

/// A private copy, and the staged directory that it is in.
struct CopiedRoot {
  store::ActiveSnapshot directory;
  layer::WorkingCopy copy;
};

/// That of one step. `copied` is absent where the step runs in an overlay.
struct RunRoot {
  OverlayMount mount;
  LinkOwners links;  ///< recorded owners of links, for sandbox::Spec::link_owners
  std::optional<CopiedRoot> copied;
};

/// Makes the roots of the steps of one build. A copy is handed on from step to step of a stage, so
/// that a stage is copied once. Thread-safe.
class RunRoots {
 public:
  /// Borrows both.
  RunRoots(store::Store& store, const sandbox::Workspace& workspace)
      : store_(store), workspace_(workspace) {}

  /// Whether steps run in overlays: found out by mounting one. A warning says why they do not.
  bool are_overlays();

  /// The root of a step that writes the layer `active`. @throws Error, Interrupted
  RunRoot open(const store::ActiveSnapshot& active, const CancelToken& cancel);

  /// Moves what the step changed to the layer; in an overlay it is there already.
  void take_changes(RunRoot& root, const store::ActiveSnapshot& active);

  /// Keeps a copy for the next step. @param made  the stack with the layer that was taken out of it
  void keep(RunRoot root, const oci::Digest& made);

 private:
  struct Kept {
    CopiedRoot root;
    oci::Digest missing;  ///< the stack whose topmost layer is to be brought back
  };

  std::optional<CopiedRoot> take_kept(const image::Stack& stack, const CancelToken& cancel);

  store::Store& store_;
  const sandbox::Workspace& workspace_;
  Once tried_;
  bool overlays_ = false;
  std::mutex mutex_;  ///< of kept_
  std::vector<Kept> kept_;
};

}  // namespace cbuild::ops
