// What a verification reads and repairs.
#pragma once

#include <string>

#include "src/store/layer_store.h"

namespace cbuild::store {

class Blobs;
class Database;
class LayerOwners;
class Snapshots;

/// The parts of a store that are verified.
struct VerifiedStore {
  const std::string& root;
  Database& database;
  LayerOwners& owners;
  Snapshots& snapshots;
  Blobs& blobs;

  LayerStore layers() const noexcept { return {database, root, owners}; }
};

}  // namespace cbuild::store
