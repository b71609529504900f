// What a prune removes: decided by pure functions on a description of the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/store/store.h"
#include "src/store/blobs.h"
#include "src/store/database.h"

namespace cbuild::store {

/// All that is in the store, and what refers to what.
struct Inventory {
  struct Layer {
    oci::Digest chain;
    std::optional<oci::Digest> parent;
    std::optional<oci::Digest> shares;  ///< the layer whose directory it has: Snapshots::put_upon()
    std::optional<std::int64_t> directory;
    std::uint64_t size = 0;
    std::int64_t created = 0;
    std::optional<oci::Digest> blob;
  };

  /// Of an image.
  struct Content {
    std::vector<oci::Digest> chains;     ///< one a platform
    std::vector<oci::Digest> documents;  ///< index, manifests and configs
    std::vector<oci::Digest> layers;     ///< blobs of the manifests
  };

  enum class Named {
    no,
    as_base,  ///< by builds alone, which fetched it
    yes       ///< by the user
  };

  struct ImageEntry {
    oci::Digest id;
    Named named = Named::no;
    std::int64_t created = 0;
    Content content;
  };

  struct Record {
    RecordKind kind;
    oci::Digest key;
    std::int64_t used = 0;
    std::vector<oci::Digest> digests;  ///< named in its value
  };

  std::vector<Layer> layers;
  std::vector<ImageEntry> images;
  std::vector<Record> records;
  std::vector<Blobs::File> blobs;
};

/// Reads the database and the documents of images.
Inventory take_inventory(Database& database, const Images& images, Blobs& blobs);

enum class PruneScope {
  garbage,  ///< what neither image nor record refers to
  unused,   ///< prune
  all       ///< prune --all
};

/// What is to go; each list points into the inventory.
struct PrunePlan {
  PruneScope scope = PruneScope::garbage;
  std::vector<const Inventory::ImageEntry*> images;
  std::vector<const Inventory::Record*> records;
  std::vector<const Inventory::Layer*> layers;
  std::vector<const Blobs::File*> blobs;
  std::size_t unnamed_blobs =
      0;  ///< so many, the first ones, are named by nothing in the inventory
};

/// @param options  its `all` is not looked at: `scope` says that
PrunePlan plan_prune(const Inventory& inventory,
                     PruneScope scope,
                     const PruneOptions& options,
                     std::int64_t now);

Usage measure(const Inventory& inventory, std::int64_t now);

/// Removes what the plan says: first what no row names, then rows, durably, before the files that
/// they name. Cancelled or killed in between, the next sweep or prune removes the rest of the
/// files. Goes on step by step, so that it needs little room on a full disk.
PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel);

}  // namespace cbuild::store
