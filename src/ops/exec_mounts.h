// The mounts of one RUN: directories of stages and contexts, caches, tmpfs.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/sandbox/sandbox.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"

namespace cbuild::ops {

/// Where a bind mount takes its files from.
struct MountSource {
  std::optional<oci::Digest> stack;  ///< a root file system
  /// A context: fills a directory with what its ignore patterns leave.
  std::function<void(store::ActiveSnapshot& into)> fill;
};

/// Prepares mounts and holds what they need for as long as it lives: locks of caches, copies that
/// are thrown away.
class ExecMounts {
 public:
  ExecMounts(store::Store& store, const CancelToken& cancel) : store_(store), cancel_(cancel) {}

  /// Takes the locks of all caches among `mounts` before they are added: in an order that is the
  /// same for all steps, so that none waits for one that waits for it.
  void lock_caches(const std::vector<graph::ExecMount>& mounts);

  /// @param source  of `mount.input`; unused when there is none
  void add(const graph::ExecMount& mount, const MountSource& source);

  const std::vector<sandbox::Mount>& mounts() const noexcept { return mounts_; }

 private:
  void add_bind(const graph::ExecMount& mount, const MountSource& source);
  void add_cache(const graph::ExecMount& mount);
  std::string lock_instance(const std::string& name, graph::ExecMount::Sharing sharing);
  Fd lock_cache(const std::string& directory, graph::ExecMount::Sharing sharing) const;

  store::Store& store_;
  const CancelToken& cancel_;
  std::vector<sandbox::Mount> mounts_;
  std::list<Fd> descriptors_;
  std::map<std::string, std::string> caches_;  ///< locked ones: name → directory
  std::list<store::ActiveSnapshot> scratch_;   ///< never committed: writes of the step go with them
};

}  // namespace cbuild::ops
