// Finds and moves directories without rows; see orphans.h.
#include "src/store/orphans.h"

#include <set>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/store/database.h"
#include "src/store/layer_paths.h"

namespace cbuild::store {

namespace {

/// Whether the database rather lost their rows than never had them: a killed process leaves one.
bool may_be_lost(Database& database, const std::vector<std::string>& orphans) {
  if (database.lost_rows()) return true;
  Query rows = database.query("SELECT count(*) FROM snapshots WHERE directory IS NOT NULL");
  rows.next();
  return orphans.size() > rows.size(0);
}

void keep_until_prune(Database& database, const std::vector<std::string>& orphans) {
  for (const std::string& name : orphans) {
    const auto number = parse_uint(name);
    if (!number) continue;
    database.run("INSERT INTO retired(directory) VALUES(?) ON CONFLICT DO NOTHING", *number);
  }
}

}  // namespace

std::vector<std::string> orphans(Database& database, const std::string& root) {
  std::set<std::string> known{kEmptyDirectory};
  Query query = database.query(
      "SELECT directory FROM snapshots WHERE directory IS NOT NULL"
      " UNION ALL SELECT directory FROM retired");
  while (query.next())
    known.insert(std::to_string(query.integer(0)));

  std::vector<std::string> names;
  const Fd fd = open_directory(snapshots_directory(root));
  for (const DirectoryEntry& entry : list_directory(fd.get())) {
    if (!known.contains(entry.name)) names.push_back(entry.name);
  }
  return names;
}

void retire_orphans(Database& database, const std::string& root, Orphans which) {
  // No commit can be half done while the write lock is held.
  Transaction transaction(database);
  const std::vector<std::string> names = orphans(database, root);
  if (names.empty()) return;
  if (which == Orphans::left_behind && may_be_lost(database, names)) {
    log_warning(
        "the database does not know {} layer directories in {}; they stay until 'cbuild prune' "
        "removes them",
        names.size(), snapshots_directory(root));
    keep_until_prune(database, names);
    return transaction.commit();
  }
  for (const std::string& name : names)
    move_to_staging(root, name);
}

void release_retired(Database& database) {
  database.run("DELETE FROM retired");
}

}  // namespace cbuild::store
