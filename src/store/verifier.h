// Verifies a store: reads all of it and compares digests, rows and files.
#pragma once

#include <string>

#include "cbuild/store/snapshots.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/cancel.h"
#include "src/store/blobs.h"
#include "src/store/database.h"

namespace cbuild::store {

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
