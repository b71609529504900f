// Everything cbuild keeps on disk: blobs, snapshots, image names, records. docs/store.md tells the
// format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/images.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"

namespace cbuild::store {

struct PruneOptions {
  bool all = false;                ///< also images with names and all cache records
  std::uint64_t keep_storage = 0;  ///< stop when no more than this is left; 0 = no such bound
  std::int64_t unused_since =
      0;  ///< only what was last used before (seconds since 1970); 0 = no such bound
};

struct PruneResult {
  std::uint64_t snapshots = 0;
  std::uint64_t blobs = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

struct Usage {
  struct Part {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;  ///< bytes a prune would free
  };

  Part images;  ///< layers that images use
  Part cache;   ///< layers of build steps only
  Part blobs;   ///< compressed layers and documents
};

/// One store directory. Opening is cheap (a cached build opens it): nothing is swept or checked.
/// Thread-safe, and several processes may share one directory.
class Store {
 public:
  /// Opens the store, makes it when there is none (mode 0700). Holds a shared lock against prune as
  /// long as it lives.
  /// @throws Error(machine) when the directory cannot be used or has the format of a newer cbuild.
  explicit Store(const std::string& root);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& root() const noexcept;

  /// Blobs on disk, and the tars of layers made here (made anew when read, named by their diff ID).
  oci::BlobStore& blobs();
  Snapshots& snapshots();
  Images& images();
  Records& records();

  /// Removes what nothing refers to. Waits for builds under way (says so after 5 s). Needs the user
  /// namespace.
  PruneResult prune(const PruneOptions& options, const CancelToken& cancel);
  Usage usage();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::store
