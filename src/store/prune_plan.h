// Decides what a prune removes: pure functions on an Inventory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/store/inventory.h"

namespace cbuild::store {

struct BlobFile;
struct PruneOptions;
struct Usage;

enum class PruneScope {
  garbage,  ///< layers and blobs that neither an image nor a record refers to
  unused,   ///< prune
  all       ///< prune --all
};

/// The rows and files to remove. All pointers point into the inventory.
struct PrunePlan {
  PruneScope scope = PruneScope::garbage;
  std::vector<const Inventory::ImageEntry*> images;
  std::vector<const Inventory::Record*> records;
  std::vector<const Inventory::Layer*> layers;
  std::vector<const BlobFile*> blobs;
  /// Nothing in the inventory refers to the first `unnamed_blobs` of `blobs`.
  std::size_t unnamed_blobs = 0;
};

/// @param options  its `all` is ignored in favour of `scope`
PrunePlan plan_prune(const Inventory& inventory,
                     PruneScope scope,
                     const PruneOptions& options,
                     std::int64_t now);

/// Sizes of images, layers and blobs; Usage's parts of kept data stay zero.
Usage measure(const Inventory& inventory, std::int64_t now);

}  // namespace cbuild::store
