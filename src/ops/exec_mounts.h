// Prepares the mounts of one RUN: directories of stages and contexts, caches, tmpfs, secrets, ssh
// agents.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cbuild/graph/exec_mount.h"
#include "cbuild/sandbox/isolation.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/kept_directory.h"
#include "cbuild/util/fd.h"
#include "src/ops/ssh_proxy.h"

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct MountInput;
struct RunSettings;
class SshAgents;

/// Secrets and agents that the caller lends to the steps of a build.
struct Lent {
  const RunSettings& settings;
  SshAgents& agents;
};

/// How mounts can be made for the step.
struct MountMeans {
  bool overlays = true;  ///< of stages; else they are copied
  sandbox::Isolation isolation = sandbox::Isolation::namespaces;
};

/// Prepares mounts and holds their resources as long as it lives: locks of caches, temporary
/// copies, sockets.
class ExecMounts {
 public:
  ExecMounts(store::Store& store,
             const Lent& lent,
             const MountMeans& means,
             const CancelToken& cancel)
      : store_(store), lent_(lent), means_(means), cancel_(cancel) {}

  /// Prepares all mounts of a step. Locks of caches are taken first and in one order for all steps,
  /// so that no two steps wait for each other.
  /// @param inputs  one for each mount
  /// @throws Error(usage) whose subject is the id of a secret or an agent that is required and not
  /// given
  void add(std::span<const graph::ExecMount> mounts, std::span<MountInput> inputs);

  /// Sorted by target: a mount comes before those beneath it, and hides none of them.
  const std::vector<sandbox::Mount>& mounts() const noexcept { return mounts_; }

  /// The variables that the mounts lend, K=V.
  const std::vector<std::string>& env() const noexcept { return env_; }

 private:
  void lock_caches(std::span<const graph::ExecMount> mounts, std::span<const MountInput> inputs);
  void add_one(const graph::ExecMount& mount, MountInput& input);
  void add_bind(const graph::ExecMount& mount, MountInput& input);
  void add_cache(const graph::ExecMount& mount, const MountInput& input);
  void add_secret(const graph::ExecMount& mount);
  void add_agent(const graph::ExecMount& mount);
  store::ActiveSnapshot& new_scratch(const std::optional<oci::Digest>& below);

  store::Store& store_;
  Lent lent_;
  MountMeans means_;
  const CancelToken& cancel_;
  std::vector<sandbox::Mount> mounts_;
  std::vector<std::string> env_;
  std::list<Fd> descriptors_;
  std::map<std::string, store::KeptDirectory> caches_;  ///< locked, by name
  std::list<store::ActiveSnapshot> scratch_;  ///< never committed: writes of the step go with them
  std::list<SshProxy> proxies_;
  bool names_agent_ = false;  ///< SSH_AUTH_SOCK is set
};

}  // namespace cbuild::ops
