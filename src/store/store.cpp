// Opens a store, and runs what needs its exclusive lock; see store.h.
#include "cbuild/store/store.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "cbuild/store/containers.h"
#include "cbuild/store/images.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/usage.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/log.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/inventory.h"
#include "src/store/kept_layout.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_trust.h"
#include "src/store/prune.h"
#include "src/store/prune_plan.h"
#include "src/store/salvage.h"
#include "src/store/store_root.h"
#include "src/store/verified_store.h"
#include "src/store/verifier.h"

namespace cbuild::store {

namespace {

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::unique_ptr<char, void (*)(void*)> directory(::getcwd(nullptr, 0), std::free);
  if (!directory) throw SysError("get the current directory");
  return fmt::format("{}/{}", directory.get(), path);
}

/// Converts the shared lock of a store to an exclusive one; the destructor converts it back.
class ExclusiveLock {
 public:
  ExclusiveLock(const Fd& held, const CancelToken& cancel) : held_(held), cancel_(cancel) {
    if (!held) throw Error("the store is read-only");
  }

  ~ExclusiveLock() {
    try {
      lock(held_, LockMode::shared, "a prune of the store", &cancel_);
    } catch (const Interrupted&) {
      // The caller is ending, so it does not need the shared lock.
    } catch (const Error& error) {
      log_warning("{}", error.what());
    }
  }

  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;

  void wait() const { lock(held_, LockMode::exclusive, "the builds that use the store", &cancel_); }

  bool try_now() const { return try_lock(held_, LockMode::exclusive); }

 private:
  const Fd& held_;
  const CancelToken& cancel_;
};

}  // namespace

struct Store::Impl {
  Impl(const std::string& path, const CancelToken* cancel)
      : root(absolute(path)),
        opened(open_root(root, cancel)),
        database(root + "/store.db", {}, cancel),
        owners(database, root, opened.ownership),
        snapshots(root, database, owners),
        images(database, snapshots),
        records(database),
        kept(root),
        containers(root),
        blobs(root, snapshots) {
    if (!database.is_read_only()) drop_unsynced_of_other_boots(database, root);
  }

  PruneResult remove(PruneScope scope, const PruneOptions& options, const CancelToken& cancel) {
    const Inventory inventory = take_inventory(database, images, blobs, containers);
    const PrunePlan plan = plan_prune(inventory, scope, options, database.now());
    kept.sweep();
    PruneResult result = perform(plan, root, database, blobs, cancel);
    if (scope != PruneScope::all || options.keep_storage != 0) return result;
    for (const KeptLayout& layout : kKeptLayouts) {
      if (!layout.is_disposable) continue;
      const Usage::Part removed = kept.prune(layout.kind, options.unused_since, cancel);
      if (layout.kind == KeptKind::cache_mount) result.cache_mounts = removed.count;
      result.bytes += removed.bytes;
    }
    return result;
  }

  std::string root;
  OpenedRoot opened;
  Database database;
  LayerOwners owners;
  Snapshots snapshots;
  Images images;
  Records records;
  KeptData kept;
  Containers containers;
  Blobs blobs;
};

Store::Store(const std::string& root, const CancelToken* cancel)
    : impl_(with_context("open the store", [&] { return std::make_unique<Impl>(root, cancel); })) {}

Store::~Store() = default;

bool Store::exists(const std::string& root) {
  return ::access((absolute(root) + "/store.db").c_str(), F_OK) == 0;
}

const std::string& Store::root() const noexcept {
  return impl_->root;
}

Ownership Store::ownership() const noexcept {
  return impl_->owners.how();
}

void Store::record_owners() {
  impl_->owners.record();
}

oci::BlobStore& Store::blobs() {
  return impl_->blobs;
}

oci::Descriptor Store::add_blob(std::string_view media_type,
                                const std::function<void(Sink&)>& producer) {
  return impl_->blobs.add(media_type, producer);
}

Snapshots& Store::snapshots() {
  return impl_->snapshots;
}

Images& Store::images() {
  return impl_->images;
}

Records& Store::records() {
  return impl_->records;
}

KeptData& Store::kept() {
  return impl_->kept;
}

Containers& Store::containers() {
  return impl_->containers;
}

PruneResult Store::prune(const PruneOptions& options, const CancelToken& cancel) {
  const ExclusiveLock exclusive(impl_->opened.lock, cancel);
  exclusive.wait();
  return impl_->remove(options.all ? PruneScope::all : PruneScope::unused, options, cancel);
}

std::optional<PruneResult> Store::collect_if_idle(const CancelToken& cancel) {
  const ExclusiveLock exclusive(impl_->opened.lock, cancel);
  if (!exclusive.try_now()) return std::nullopt;
  return impl_->remove(PruneScope::garbage, {}, cancel);
}

std::optional<Damage> Store::verify_database(const std::string& root,
                                             bool repair,
                                             const CancelToken& cancel) {
  if (::access((absolute(root) + "/version").c_str(), F_OK) != 0) return std::nullopt;
  const std::string path = absolute(root) + "/store.db";
  const OpenedRoot opened = open_root(absolute(root), &cancel);
  const ExclusiveLock exclusive(opened.lock, cancel);
  if (repair) exclusive.wait();
  auto problem = problem_of_database(path);
  if (!problem) return std::nullopt;
  Damage damage{Damage::Kind::database, path, std::move(*problem), {}};
  if (!repair) return damage;
  salvage_database(path);
  damage.remedy = "the readable rows were copied; the damaged file is kept as store.db.damaged";
  return damage;
}

VerifyResult Store::verify(const VerifyOptions& options, const CancelToken& cancel) {
  const auto look = [&] {
    return verify_store(
        {impl_->root, impl_->database, impl_->owners, impl_->snapshots, impl_->blobs}, options,
        cancel);
  };
  if (!options.repair) return look();
  const ExclusiveLock exclusive(impl_->opened.lock, cancel);
  exclusive.wait();
  return look();
}

Usage Store::usage() {
  Usage usage =
      measure(take_inventory(impl_->database, impl_->images, impl_->blobs, impl_->containers),
              impl_->database.now());
  usage.cache_mounts = impl_->kept.measure(KeptKind::cache_mount);
  usage.contexts = impl_->kept.measure(KeptKind::context_digests);
  usage.repositories = impl_->kept.measure(KeptKind::repository);
  return usage;
}

}  // namespace cbuild::store
