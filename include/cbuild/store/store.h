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
#include "cbuild/util/cancel.h"

namespace cbuild::store {

class Images;
class KeptData;
class Records;
class Snapshots;
struct Damage;
struct PruneOptions;
struct PruneResult;
struct Usage;
struct VerifyOptions;
struct VerifyResult;

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

  /// Absolute path of the store's directory, for messages and for checks of its file system. What
  /// is in it is known to this module only.
  const std::string& root() const noexcept;

  /// Whether there is a store in the directory. Touches nothing.
  static bool exists(const std::string& root);

  /// Blobs on disk, and the tars of layers made here (made anew when read, named by their diff ID).
  oci::BlobStore& blobs();
  /// Adds a blob whose digest is known only when `producer` has written all of it. Nothing is kept
  /// when blobs() has it already. Thread-safe.
  oci::Descriptor add_blob(std::string_view media_type, const std::function<void(Sink&)>& producer);
  Snapshots& snapshots();
  Images& images();
  Records& records();
  /// Cache mounts, repositories, volumes, digests of context files.
  KeptData& kept();

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
