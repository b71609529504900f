// Everything cbuild keeps on disk: blobs, snapshots, image names, records. docs/store.md tells the
// format.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/cache_mounts.h"
#include "cbuild/store/images.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/cancel.h"

namespace cbuild::store {

/// Directories of the store that hold what steps and contexts want kept from build to build; each
/// entry has the time of its last use. Not looked into by anything but df and prune --all.
inline constexpr const char* kCacheMounts = "cache-mounts";
inline constexpr const char* kCacheContent = "data";  ///< of one entry; the rest is half-written
inline constexpr const char* kContextDigests = "contexts";
inline constexpr const char* kRepositories = "git";

struct PruneOptions {
  /// False: images without names, layers that no image uses with the records of their steps, base
  /// images that builds fetched and whose layers go with that, memos unused for a month. True:
  /// everything but images that the user named and what these need, so also the records that would
  /// let their steps be skipped, the names of bases, and, without keep_storage, the caches of
  /// RUN --mount=type=cache.
  bool all = false;
  /// Removes layers of build steps, longest unused first, only until the layers that are left take
  /// no more bytes than this; 0 = no such bound.
  std::uint64_t keep_storage = 0;
  /// Only what was last used before (seconds since 1970; an image: came into the store); 0 = no
  /// such bound.
  std::int64_t unused_since = 0;
};

struct PruneResult {
  std::uint64_t images = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t blobs = 0;
  std::uint64_t records = 0;
  std::uint64_t cache_mounts = 0;
  std::uint64_t bytes = 0;  ///< that the removed files took on disk
};

/// Layers count with the sizes of their tars, blobs with what they take on disk.
struct Usage {
  struct Part {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;  ///< bytes that a prune without options would free
  };

  Part images;        ///< the images; layers that they use
  Part cache;         ///< layers that no image uses
  Part blobs;         ///< compressed layers and documents
  Part cache_mounts;  ///< caches of RUN --mount=type=cache; only prune --all frees them
  Part repositories;  ///< what was fetched of git repositories; likewise
  Part contexts;      ///< digests of context files, one file a context; likewise
};

/// One store directory. Opening is cheap (a cached build opens it): nothing is swept or checked.
/// Thread-safe, and several processes may share one directory.
class Store {
 public:
  /// Opens the store, makes it when there is none (mode 0700). Holds a shared lock against prune as
  /// long as it lives; waits for a prune under way (says so after 5 s).
  /// @param cancel  ends this wait and every later one for other processes; may be null
  /// @throws Error(machine) when the directory cannot be used, is no store, or has the format of a
  /// newer cbuild: then nothing is touched.
  explicit Store(const std::string& root, const CancelToken* cancel = nullptr);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& root() const noexcept;

  /// Blobs on disk, and the tars of layers made here (made anew when read, named by their diff ID).
  oci::BlobStore& blobs();
  /// Adds a blob whose digest is known only when `producer` has written all of it. Nothing is kept
  /// when blobs() has it already. Thread-safe.
  oci::Descriptor add_blob(std::string_view media_type, const std::function<void(Sink&)>& producer);
  Snapshots& snapshots();
  Images& images();
  Records& records();
  CacheMounts& cache_mounts();

  /// Removes what nothing needs, and what killed processes left. Waits until no other Store object
  /// has the directory open (says so after 5 s). Needs the user namespace. No ActiveSnapshot or
  /// BlobWriter of this Store may be alive.
  PruneResult prune(const PruneOptions& options, const CancelToken& cancel);

  /// Removes what neither an image nor the cache refers to, as after `rmi`, if nobody else uses the
  /// store; nullopt, at once, when somebody does. Otherwise as prune().
  std::optional<PruneResult> collect_if_idle(const CancelToken& cancel);

  /// To be called before the store is opened: a damaged database may not even let it. With `repair`
  /// all rows that can still be read go into a new database, and the damaged one is kept beside it
  /// as store.db.damaged. @return nullopt when it is whole, or when there is none yet
  static std::optional<Damage> verify_database(const std::string& root,
                                               bool repair,
                                               const CancelToken& cancel);

  /// Reads every blob, layer, image, name and record, and says what is wrong with them. Only looks,
  /// unless it shall repair: then it waits as prune() does, and removes leftovers as well. Needs
  /// the user namespace. @throws Error when it cannot look
  VerifyResult verify(const VerifyOptions& options, const CancelToken& cancel);

  /// Outside the user namespace caches may be counted too small.
  Usage usage();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::store
