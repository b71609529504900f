// Verifies a store: reads all of it and compares digests, rows and files.
#pragma once

#include <string>

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

class Blobs;
class Database;
class Snapshots;
struct VerifyOptions;
struct VerifyResult;

/// The parts of a store that are verified.
struct VerifiedStore {
  const std::string& root;
  Database& database;
  Snapshots& snapshots;
  Blobs& blobs;
};

/// See Store::verify(). To repair, nobody else may use the store.
VerifyResult verify_store(const VerifiedStore& store,
                          const VerifyOptions& options,
                          const CancelToken& cancel);

}  // namespace cbuild::store
