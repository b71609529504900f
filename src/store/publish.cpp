// Rename and row of a finished layer in one transaction; see publish.h.
#include "src/store/publish.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>

#include "cbuild/store/snapshot.h"
#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "src/store/database.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_store.h"
#include "src/store/layer_trust.h"
#include "src/store/snapshot_row.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

/// Renames `from` to the first free number at or above `number`; returns it.
std::int64_t move_to_number(const std::string& root, const std::string& from, std::int64_t number) {
  for (;; ++number) {
    const std::string to = fmt::format("{}/{}", snapshots_directory(root), number);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      return number;
    }
    // An orphan of a process that died, or of a row that power loss took.
    if (errno != EEXIST) throw SysError("rename {} to {}", from, to);
  }
}

std::int64_t next_number(Database& database) {
  Query query = database.query("SELECT coalesce(max(directory), 0) + 1 FROM snapshots");
  query.next();
  return query.integer(0);
}

void save_row(Database& database,
              const oci::Digest& chain,
              const FinishedLayer& layer,
              std::int64_t number) {
  database.run(
      "INSERT INTO snapshots(chain, parent, diff, size, created, directory, made_here, boot_id)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
      " ON CONFLICT(chain) DO UPDATE SET size = ?4, directory = ?6, made_here = ?7, boot_id = ?8,"
      " synced = 0",
      chain, layer.parent, layer.diff_id, layer.size, database.now(), number, layer.made_here,
      boot_id());
}

}  // namespace

Snapshot publish(const LayerStore& store,
                 const StagingDirectory& staging,
                 const FinishedLayer& layer,
                 const FileOwners& owners) {
  Database& database = store.database;
  const std::string& root = store.root;
  const oci::Digest chain = oci::chain_id(layer.parent, layer.diff_id);
  const std::string staged = fmt::format("{}/staging/{}/fs", root, staging.id());
  // The rename happens under the write lock of the database: before the row exists, no other
  // process can take the number, or take the directory for an orphan.
  Transaction transaction(database);
  store.owners.require_unchanged();
  const auto there = find_snapshot(database, chain);
  if (there && there->unpacked && !layer.replaces) {
    if (there->made_here || !layer.made_here) return *there;
    database.run("UPDATE snapshots SET made_here = 1 WHERE chain = ?", chain);
    transaction.commit();
    return *find_snapshot(database, chain);
  }
  const std::int64_t number = move_to_number(root, staged, next_number(database));
  try {
    retire_directory(database, chain);
    save_row(database, chain, layer, number);
    store.owners.save(chain, owners);
    transaction.commit();
  } catch (...) {
    // Back to where the destructor of `staging` removes it.
    const std::string path = fmt::format("{}/{}", snapshots_directory(root), number);
    (void)::rename(path.c_str(), staged.c_str());
    throw;
  }
  return *find_snapshot(database, chain);
}

}  // namespace cbuild::store
