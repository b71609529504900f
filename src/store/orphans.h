// Directories in snapshots/ without a row: a process died between the rename and the commit.
#pragma once

#include <string>
#include <vector>

namespace cbuild::store {

class Database;

/// Names of the directories in snapshots/ that neither a layer nor the table `retired` refers to.
/// Retired directories may be mounted by another process.
std::vector<std::string> orphans(Database& database, const std::string& root);

enum class Orphans {
  left_behind,  ///< by killed processes. If the database seems to have lost rows (there are more
                ///< orphans than layers with a directory, or its log was damaged) all stay
  all           ///< the user asked for it
};

/// Moves orphans to staging/, where a sweep removes them. Those that stay are added to `retired`,
/// with a warning.
void retire_orphans(Database& database, const std::string& root, Orphans which);

/// Empties the table `retired`, so that retire_orphans() takes those directories too. For a prune,
/// when no other process uses the store.
void release_retired(Database& database);

}  // namespace cbuild::store
