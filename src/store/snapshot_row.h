// Rows of the table `snapshots`.
#pragma once

#include <optional>

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {

class Database;
class Query;
struct Snapshot;

/// Converts a row of "SELECT * FROM snapshots".
Snapshot read_snapshot(const Query& row);

std::optional<Snapshot> find_snapshot(Database& database, const oci::Digest& chain);

}  // namespace cbuild::store
