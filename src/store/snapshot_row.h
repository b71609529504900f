// Rows of the table `snapshots`.
#pragma once

#include <optional>

#include "cbuild/oci/digest.h"
#include "cbuild/store/snapshot.h"
#include "src/store/database.h"

namespace cbuild::store {

/// Converts a row of "SELECT * FROM snapshots".
Snapshot read_snapshot(const Query& row);

std::optional<Snapshot> find_snapshot(Database& database, const oci::Digest& chain);

}  // namespace cbuild::store
