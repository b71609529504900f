// What a verification reads and repairs.
#pragma once

#include <string>

namespace cbuild::store {

class Blobs;
class Database;
class Snapshots;

/// The parts of a store that are verified.
struct VerifiedStore {
  const std::string& root;
  Database& database;
  Snapshots& snapshots;
  Blobs& blobs;
};

}  // namespace cbuild::store
