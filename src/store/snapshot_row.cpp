// Reads rows of `snapshots`; see snapshot_row.h.
#include "src/store/snapshot_row.h"

#include "cbuild/store/snapshot.h"
#include "src/store/database.h"

namespace cbuild::store {

Snapshot read_snapshot(const Query& row) {
  const bool made_here = row.integer(6) != 0;
  Snapshot snapshot{.chain_id = row.digest(0),
                    .parent = row.maybe_digest(1),
                    .diff_id = row.digest(2),
                    .size = row.size(3),
                    .created = row.integer(4),
                    .unpacked = !row.is_null(5) || made_here,
                    .made_here = made_here,
                    .blob = std::nullopt};
  if (!row.is_null(7)) {
    snapshot.blob.emplace();
    snapshot.blob->digest = row.digest(7);
    snapshot.blob->media_type = row.text(8);
    snapshot.blob->size = row.size(9);
  }
  return snapshot;
}

std::optional<Snapshot> find_snapshot(Database& database, const oci::Digest& chain) {
  Query query = database.query("SELECT * FROM snapshots WHERE chain = ?", chain);
  if (!query.next()) return std::nullopt;
  return read_snapshot(query);
}

}  // namespace cbuild::store
