// How the files of this store's layers have their owners.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "cbuild/util/file_owners.h"

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {

class Database;

/// Owners of links are a column of the row that owns a directory; all other records are attributes
/// of the files. Thread-safe.
class LayerOwners {
 public:
  LayerOwners(Database& database, std::string root, Ownership how)
      : database_(database), root_(std::move(root)), how_(how) {}

  Ownership how() const noexcept { return how_; }

  /// From here on owners are records. @throws Error when there are layers with real ones
  void record();

  /// To be called under the write lock, before a layer is published. @throws Error when another
  /// process has called record() since the store was opened
  void require_unchanged() const;

  /// Of the layer in snapshots/<name>; null = those on disk.
  std::shared_ptr<const FileOwners> of(const std::string& name) const;

  /// Keeps the owners of a layer whose row has just been written, in the same transaction.
  void save(const oci::Digest& chain, const FileOwners& owners);

 private:
  Database& database_;
  std::string root_;
  std::atomic<Ownership> how_;
};

}  // namespace cbuild::store
