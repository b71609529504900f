// Carries out a PrunePlan.
#pragma once

#include <string>

#include "cbuild/store/prune_options.h"
#include "cbuild/util/cancel.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/prune_plan.h"

namespace cbuild::store {

/// First removes files without a row, then rows, durably, and after them the files that they named.
/// If it is cancelled or killed in between, the next sweep or prune removes the rest of the files.
/// Works in small steps, so that it needs little room on a full disk.
PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel);

}  // namespace cbuild::store
