// What every function about layers needs of the store.
#pragma once

#include <string>

namespace cbuild::store {

class Database;
class LayerOwners;

/// Borrowed, all of it.
struct LayerStore {
  Database& database;
  const std::string& root;  ///< directory of the store
  LayerOwners& owners;
};

}  // namespace cbuild::store
