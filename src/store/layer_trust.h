// Which layer directories are trusted: synced ones, and those written since the last boot.
#pragma once

#include <string>

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {

class Database;

/// Power loss may have emptied files of a directory that was never synced. Layers whose directory
/// was written under another boot and not synced lose it: a pulled layer is unpacked again from its
/// blob, the step of another one runs again. Costs one index look-up when there is no such layer.
void drop_unsynced_of_other_boots(Database& database, const std::string& root);

/// Syncs all unsynced layer directories and marks them as synced. Does nothing when there are none.
/// A few small files are synced by fsync(2); with more files it is one syncfs(2), which also waits
/// for what other programs have written to the same file system.
void sync_layers(Database& database, const std::string& root);

/// Adds the directory of `chain`, if it has one, to the table `retired`. It stays on disk until a
/// prune, when no other process can have it mounted. Called in the transaction that changes the
/// directory in the row.
void retire_directory(Database& database, const oci::Digest& chain);

/// Removes the damaged directory of `chain` from its row, or from the row of the layer with which
/// it shares the directory, and retires it.
void take_out_of_use(Database& database, const oci::Digest& chain);

}  // namespace cbuild::store
