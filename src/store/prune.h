// Carries out a PrunePlan.
#pragma once

#include <string>

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

class Blobs;
class Database;
struct PrunePlan;
struct PruneResult;

/// First removes files without a row, then rows, durably, and after them the files that they named.
/// If it is cancelled or killed in between, the next sweep or prune removes the rest of the files.
/// Works in small steps, so that it needs little room on a full disk.
PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel);

}  // namespace cbuild::store
