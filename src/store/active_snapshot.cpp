// Staging and commit of a layer that is written; see active_snapshot.h.
#include "cbuild/store/active_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "cbuild/store/snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_tar.h"
#include "src/store/publish.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

/// The root of an overlay has the mode and owner of its topmost directory.
void copy_root_attributes(const Fd& from, const Fd& to) {
  struct stat wanted {};

  struct stat actual {};

  if (::fstat(from.get(), &wanted) != 0 || ::fstat(to.get(), &actual) != 0) {
    throw SysError("stat the root of a layer");
  }
  const bool owner_differs = wanted.st_uid != actual.st_uid || wanted.st_gid != actual.st_gid;
  with_context("the root of a layer", [&] {
    if (owner_differs) set_owner(to, wanted.st_uid, wanted.st_gid);
    set_mode(to, wanted.st_mode);
  });
}

}  // namespace

struct ActiveSnapshot::Impl {
  std::string root;
  Database& database;
  std::optional<oci::Digest> parent;
  std::vector<std::string> lower;
  StagingDirectory staging;
  Fd upper;
};

ActiveSnapshot::ActiveSnapshot(Database& database,
                               std::string root,
                               const std::optional<oci::Digest>& parent) {
  std::vector<std::string> lower = lower_names(database, root, parent);
  StagingDirectory staging(root);
  Fd upper = staging.make("fs", 0755);
  staging.make("work", 0700);
  if (parent) copy_root_attributes(open_layer(root, root_name(database, *parent)), upper);
  impl_ = std::make_unique<Impl>(Impl{.root = std::move(root),
                                      .database = database,
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

OverlayMount ActiveSnapshot::mount() const {
  const std::string staging = "../staging/" + impl_->staging.id();
  return {.base = snapshots_directory(impl_->root),
          .lower = impl_->lower,
          .upper = staging + "/fs",
          .work = staging + "/work"};
}

const std::optional<oci::Digest>& ActiveSnapshot::parent() const {
  return impl_->parent;
}

Snapshot ActiveSnapshot::commit(const CancelToken& cancel, IfEqual if_equal) && {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  remove_tree(impl->staging.fd().get(), "work");
  const LayerTar tar = hash_layer(impl->upper, cancel);
  const FinishedLayer finished{.parent = impl->parent,
                               .diff_id = tar.diff_id,
                               .size = tar.size,
                               .made_here = true,
                               .replaces = if_equal == IfEqual::replace};
  return publish(impl->database, impl->root, impl->staging, finished);
}

}  // namespace cbuild::store
