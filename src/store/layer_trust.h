// Which layer directories are believed: those that were synced, and those written since this boot.
#pragma once

#include <string>

#include "cbuild/oci/digest.h"
#include "src/store/database.h"

namespace cbuild::store {

/// Power loss may have emptied files of a directory that was never synced. Layers with such a
/// directory, written under another boot, lose it: one that was pulled is unpacked again from its
/// blob, one that was made here is made again. Costs one index look-up when there are none.
void drop_unsynced_of_other_boots(Database& database, const std::string& root);

/// Writes all unsynced layer directories to disk and marks them as synced. Syncs nothing when there
/// is none. Small layers are synced file by file; with more files it is one syncfs(2), which also
/// waits for what others have written to the same file system.
void sync_layers(Database& database, const std::string& root);

/// Lists the directory of `chain`, if it has one, in `retired`: it stays on disk until a prune,
/// when nobody else can have it mounted. Within the transaction that gives the row another one, or
/// none.
void retire_directory(Database& database, const oci::Digest& chain);

/// Takes the directory of `chain` (that of the layer it shares one with) away from its row, because
/// it is damaged, and retires it.
void take_out_of_use(Database& database, const oci::Digest& chain);

}  // namespace cbuild::store
