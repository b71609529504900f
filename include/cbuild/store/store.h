// Everything that cbuild keeps on disk: blobs, snapshots, images, records, kept data. docs/store.md
// describes the format.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild {
class CancelToken;
class Sink;
enum class Ownership;
}  // namespace cbuild

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::store {

class Containers;
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

/// One store directory. Opening is cheap, because a cached build does it too: nothing is swept or
/// verified. Thread-safe; several processes may share one directory.
class Store {
 public:
  /// Opens the store; makes it (mode 0700) when it is missing. The object holds a shared lock,
  /// which a prune needs exclusively. Waits for a prune that is running; after 5 s it says so.
  /// @param cancel  ends this wait and every later wait for another process; may be null
  /// @throws Error(machine) when the directory cannot be used, is not a store, or has the format of
  /// a newer cbuild. It is not changed then.
  explicit Store(const std::string& root, const CancelToken* cancel = nullptr);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Absolute path of the store's directory, for messages and for checks of its file system. What
  /// is in it is known to this module only.
  const std::string& root() const noexcept;

  /// Whether there is a store in the directory. Touches nothing.
  static bool exists(const std::string& root);

  /// How the files of its layers, caches and volumes have their owners. Thread-safe.
  Ownership ownership() const noexcept;

  /// From here on their owners are records (owner_record.h): for a process with one id. Does
  /// nothing where they are already. @throws Error(machine) when there are layers with real ones
  void record_owners();

  /// Blobs on disk, and the tars of layers made here, whose digests are their diff IDs. Such a tar
  /// is generated from the layer's directory whenever it is read.
  oci::BlobStore& blobs();
  /// Adds a blob whose digest is known only when `producer` has written all of it. The bytes are
  /// dropped when blobs() has it already. Thread-safe.
  oci::Descriptor add_blob(std::string_view media_type, const std::function<void(Sink&)>& producer);
  Snapshots& snapshots();
  Images& images();
  Records& records();
  /// Cache mounts, repositories, volumes, digests of context files.
  KeptData& kept();
  Containers& containers();

  /// Removes what `options` say, and what killed processes left behind. Waits until no other Store
  /// object has the directory open; after 5 s it says so. Needs the user namespace. No
  /// ActiveSnapshot, BlobWriter or KeptDirectory of this Store may be alive.
  PruneResult prune(const PruneOptions& options, const CancelToken& cancel);

  /// Removes layers and blobs that neither an image nor a cache record refers to, as after `rmi`.
  /// Does not wait: nullopt when another Store object has the directory open. Otherwise as prune().
  std::optional<PruneResult> collect_if_idle(const CancelToken& cancel);

  /// Checks the database. Called before the store is opened, because opening fails when the
  /// database is damaged. With `repair` all rows that can still be read are copied into a new
  /// database, and the damaged one is kept as store.db.damaged. @return nullopt when it is intact
  /// or missing
  static std::optional<Damage> verify_database(const std::string& root,
                                               bool repair,
                                               const CancelToken& cancel);

  /// Reads every blob, layer, image, name and record, and returns what is wrong with them. Changes
  /// nothing without `options.repair`; with it, it waits as prune() does, and removes leftovers
  /// too. Needs the user namespace. @throws Error when the store cannot be read
  VerifyResult verify(const VerifyOptions& options, const CancelToken& cancel);

  /// Sizes of everything. Outside the user namespace, cache mounts may be counted too small.
  Usage usage();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::store
