// Overlays and copies of root file systems; see run_root.h.
#include "src/ops/run_root.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cbuild/image/snapshot_driver.h"
#include "cbuild/layer/link_owners_of.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/parallel.h"

namespace cbuild::ops {

bool RunRoots::are_overlays() {
  tried_.run([&] {
    const image::DriverChoice choice = image::choose_snapshot_driver(workspace_, store_);
    overlays_ = choice.driver == image::SnapshotDriver::overlay;
    if (!overlays_ && workspace_.isolation() == sandbox::Isolation::namespaces) {
      log_warning("RUN works on copies of root file systems, which is slower: {}", choice.reason);
    }
  });
  return overlays_;
}

std::optional<CopiedRoot> RunRoots::take_kept(const image::Stack& stack,
                                              const CancelToken& cancel) {
  std::optional<Kept> found;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::ranges::find_if(
        kept_, [&](const Kept& kept) { return stack == image::Stack(kept.missing); });
    if (at == kept_.end()) return std::nullopt;
    found = std::move(*at);
    kept_.erase(at);
  }
  found->root.copy.fill(store_.snapshots().layer_tree(found->missing), cancel);
  return std::move(found->root);
}

RunRoot RunRoots::open(const store::ActiveSnapshot& active, const CancelToken& cancel) {
  RunRoot root{.mount = active.mount(), .links = {}, .copied = std::nullopt};
  if (active.owners()->are_recorded()) {
    root.links = layer::link_owners_of(store_.snapshots().tree(active.parent()));
  }
  if (are_overlays()) return root;
  root.copied = take_kept(active.parent(), cancel);
  if (!root.copied) {
    store::ActiveSnapshot directory = store_.snapshots().prepare(std::nullopt);
    layer::WorkingCopy copy(duplicate(directory.upper().get()), directory.owners());
    copy.fill(store_.snapshots().tree(active.parent()), cancel);
    root.copied.emplace(CopiedRoot{std::move(directory), std::move(copy)});
  }
  root.mount = root.copied->directory.mount();
  root.mount.lower.clear();
  root.mount.work.clear();
  return root;
}

void RunRoots::take_changes(RunRoot& root, const store::ActiveSnapshot& active) {
  FileOwners& owners = root.copied ? *root.copied->copy.owners() : *active.owners();
  if (owners.are_recorded()) owners.replace_links(root.links);
  if (!root.copied) return;
  root.copied->copy.take_changes(store_.snapshots().tree(active.parent()), active.upper(),
                                 *active.owners());
}

void RunRoots::keep(RunRoot root, const oci::Digest& made) {
  if (!root.copied) return;
  const std::lock_guard lock(mutex_);
  kept_.push_back({std::move(*root.copied), made});
  // Most stages go on from their last copy; what is older may never be asked for.
  if (kept_.size() > processor_count() + 1) kept_.erase(kept_.begin());
}

}  // namespace cbuild::ops
