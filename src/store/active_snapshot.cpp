// Staging and commit of a layer that is written; see active_snapshot.h.
#include "cbuild/store/active_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "cbuild/store/snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_store.h"
#include "src/store/layer_tar.h"
#include "src/store/publish.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

/// The root of an overlay has the mode and owner of its topmost directory.
void copy_root_attributes(const LayerStore& store,
                          const oci::Digest& parent,
                          const Fd& to,
                          FileOwners& owners) {
  const std::string name = root_name(store.database, parent);
  const Fd from = open_layer(store.root, name);

  struct stat wanted {};

  struct stat actual {};

  if (::fstat(from.get(), &wanted) != 0 || ::fstat(to.get(), &actual) != 0) {
    throw SysError("stat the root of a layer");
  }
  if (const auto known = store.owners.of(name)) known->amend(wanted, from.get(), "", "");
  with_context("the root of a layer", [&] {
    const bool owner_differs = wanted.st_uid != actual.st_uid || wanted.st_gid != actual.st_gid;
    if (!owner_differs && !owners.are_recorded()) return set_mode(to, wanted.st_mode);
    owners.give(to, "", {wanted.st_uid, wanted.st_gid, wanted.st_mode, 0});
  });
}

}  // namespace

struct ActiveSnapshot::Impl {
  LayerStore store;
  std::shared_ptr<FileOwners> owners;
  std::optional<oci::Digest> parent;
  std::vector<std::string> lower;
  StagingDirectory staging;
  Fd upper;
};

ActiveSnapshot::ActiveSnapshot(const LayerStore& store, const std::optional<oci::Digest>& parent) {
  std::vector<std::string> lower = lower_names(store.database, store.root, parent);
  StagingDirectory staging(store.root);
  Fd upper = staging.make("fs", 0755);
  staging.make("work", 0700);
  auto owners = std::make_shared<FileOwners>(store.owners.how());
  if (parent) copy_root_attributes(store, *parent, upper, *owners);
  impl_ = std::make_unique<Impl>(Impl{.store = store,
                                      .owners = std::move(owners),
                                      .parent = parent,
                                      .lower = std::move(lower),
                                      .staging = std::move(staging),
                                      .upper = std::move(upper)});
}

ActiveSnapshot::ActiveSnapshot(ActiveSnapshot&&) noexcept = default;
ActiveSnapshot& ActiveSnapshot::operator=(ActiveSnapshot&&) noexcept = default;
ActiveSnapshot::~ActiveSnapshot() = default;

const Fd& ActiveSnapshot::upper() const {
  return impl_->upper;
}

const std::shared_ptr<FileOwners>& ActiveSnapshot::owners() const {
  return impl_->owners;
}

OverlayMount ActiveSnapshot::mount() const {
  const std::string staging = "../staging/" + impl_->staging.id();
  return {.base = snapshots_directory(impl_->store.root),
          .lower = impl_->lower,
          .upper = staging + "/fs",
          .work = staging + "/work"};
}

const std::optional<oci::Digest>& ActiveSnapshot::parent() const {
  return impl_->parent;
}

const Fd& ActiveSnapshot::directory() const {
  return impl_->staging.fd();
}

void ActiveSnapshot::move_to(const std::string& path) && {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  impl->staging.move_to(path);
}

Snapshot ActiveSnapshot::commit(const CancelToken& cancel, IfEqual if_equal) && {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  remove_tree(impl->staging.fd().get(), "work");
  const LayerTar tar = hash_layer(impl->upper, impl->owners, cancel);
  const FinishedLayer finished{.parent = impl->parent,
                               .diff_id = tar.diff_id,
                               .size = tar.size,
                               .made_here = true,
                               .replaces = if_equal == IfEqual::replace};
  return publish(impl->store, impl->staging, finished, *impl->owners);
}

}  // namespace cbuild::store
