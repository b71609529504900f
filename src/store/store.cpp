// Opening a store, and its lock; see store.h.
#include "cbuild/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_trust.h"
#include "src/store/prune.h"
#include "src/store/side_directories.h"
#include "src/store/verifier.h"

namespace cbuild::store {

namespace {

constexpr std::string_view kFormat = "2";

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::unique_ptr<char, void (*)(void*)> directory(::getcwd(nullptr, 0), std::free);
  if (!directory) throw SysError("get the current directory");
  return fmt::format("{}/{}", directory.get(), path);
}

/// Only what creation makes may be there: a wrong path must not be littered.
void refuse_foreign_directory(const std::string& root) {
  constexpr std::array<std::string_view, 6> kOwn = {"blobs", "ingest",    "lock",
                                                    "locks", "snapshots", "staging"};
  const Fd directory = open_directory(root);
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const std::string_view name = entry.name;
    if (name.starts_with("store.db") || name.starts_with("version")) continue;
    if (std::ranges::find(kOwn, name) != kOwn.end()) continue;
    throw Error("{} is neither empty nor a store of cbuild", root)
        .with_hint("choose another directory");
  }
}

void check_version(const std::string& root, std::string_view version) {
  if (version == kFormat) return;
  throw Error("the store {} has format '{}', this cbuild knows format {}", root,
              printable(version.substr(0, 20)), kFormat)
      .with_hint("use the cbuild that made the store, or another store");
}

/// Makes the store unless another process was faster: the lock lets one at a time do it, because
/// SQLite cannot make one database in two places at once. The version comes last: where it is, all
/// is.
void create(const std::string& root, const CancelToken* cancel) {
  make_directories(root, 0700);
  refuse_foreign_directory(root);
  const Fd held = open_file(root + "/lock", O_RDWR | O_CREAT, 0600);
  lock(held, LockMode::exclusive, "another cbuild that makes the store", cancel);
  if (const auto version = read_file_if_exists(root + "/version", 4096)) {
    return check_version(root, trim(*version));
  }
  for (const char* name : {"blobs", "blobs/sha256", "ingest", "locks", "snapshots", "staging"})
    make_directories(fmt::format("{}/{}", root, name), 0700);
  const std::string empty = fmt::format("{}/{}", snapshots_directory(root), kEmptyDirectory);
  make_directories(empty, 0755);
  set_mode(open_directory(empty), 0755);  // whatever the umask says
  Database::create(root + "/store.db");
  write_file_atomically(root + "/version", fmt::format("{}\n", kFormat), 0600);
}

/// Makes sure that there is a store, and holds it.
Fd open_root(const std::string& root, const CancelToken* cancel) {
  const auto version = read_file_if_exists(root + "/version", 4096);
  if (version) {
    check_version(root, trim(*version));
  } else {
    create(root, cancel);
  }
  Fd held = open_file(root + "/lock", O_RDWR | O_CREAT, 0600);
  lock(held, LockMode::shared, "a prune of the store", cancel);
  return held;
}

/// Turns the shared lock into an exclusive one, and back at the end.
class Alone {
 public:
  explicit Alone(const Fd& held) : held_(held) {}

  ~Alone() {
    try {
      lock(held_, LockMode::shared, "a prune of the store", nullptr);
    } catch (const Error& error) {
      log_warning("{}", error.what());
    }
  }

  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

  void wait(const CancelToken& cancel) const {
    lock(held_, LockMode::exclusive, "the builds that use the store", &cancel);
  }

  bool try_now() const { return try_lock(held_, LockMode::exclusive); }

 private:
  const Fd& held_;
};

}  // namespace

struct Store::Impl {
  Impl(const std::string& path, const CancelToken* cancel)
      : root(absolute(path)),
        held(open_root(root, cancel)),
        database(root + "/store.db"),
        snapshots(root, database),
        images(database, snapshots),
        records(database),
        cache_mounts(root),
        blobs(root, snapshots) {
    drop_unsynced_of_other_boots(database);
  }

  PruneResult remove(PruneScope scope, const PruneOptions& options, const CancelToken& cancel) {
    const Inventory inventory = take_inventory(database, images, blobs);
    const PrunePlan plan = plan_prune(inventory, scope, options, database.now());
    PruneResult result = perform(plan, root, database, blobs, cancel);
    if (scope == PruneScope::all && options.keep_storage == 0) {
      const auto caches = prune_directory(root, kCacheMounts, options.unused_since, cancel);
      const auto digests = prune_directory(root, kContextDigests, options.unused_since, cancel);
      const auto repositories = prune_directory(root, kRepositories, options.unused_since, cancel);
      result.cache_mounts = caches.count;
      result.bytes += caches.bytes + digests.bytes + repositories.bytes;
    }
    return result;
  }

  std::string root;
  Fd held;
  Database database;
  Snapshots snapshots;
  Images images;
  Records records;
  CacheMounts cache_mounts;
  Blobs blobs;
};

Store::Store(const std::string& root, const CancelToken* cancel)
    : impl_(with_context("open the store", [&] { return std::make_unique<Impl>(root, cancel); })) {}

Store::~Store() = default;

const std::string& Store::root() const noexcept {
  return impl_->root;
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

CacheMounts& Store::cache_mounts() {
  return impl_->cache_mounts;
}

PruneResult Store::prune(const PruneOptions& options, const CancelToken& cancel) {
  const Alone alone(impl_->held);
  alone.wait(cancel);
  return impl_->remove(options.all ? PruneScope::all : PruneScope::unused, options, cancel);
}

std::optional<PruneResult> Store::collect_if_idle(const CancelToken& cancel) {
  const Alone alone(impl_->held);
  if (!alone.try_now()) return std::nullopt;
  return impl_->remove(PruneScope::garbage, {}, cancel);
}

VerifyResult Store::verify(const VerifyOptions& options, const CancelToken& cancel) {
  const auto look = [&] {
    return verify_store({impl_->root, impl_->database, impl_->snapshots, impl_->blobs}, options,
                        cancel);
  };
  if (!options.repair) return look();
  const Alone alone(impl_->held);
  alone.wait(cancel);
  return look();
}

Usage Store::usage() {
  Usage usage =
      measure(take_inventory(impl_->database, impl_->images, impl_->blobs), impl_->database.now());
  usage.cache_mounts = measure_directory(impl_->root, kCacheMounts);
  usage.contexts = measure_directory(impl_->root, kContextDigests);
  usage.repositories = measure_directory(impl_->root, kRepositories);
  return usage;
}

}  // namespace cbuild::store
