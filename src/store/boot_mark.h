// The xattr user.cbuild.boot: under which boot a directory was written without having been synced.
#pragma once

#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::store {

/// Makes the directory trustworthy and marks it before it is written to: removes its content when
/// it has the mark of another boot, because power loss may have emptied files in it; sets the mark
/// of this boot, durably. @param name  of the directory, for the log
void begin_unsynced(const Fd& directory, const std::string& name);

bool has_boot_mark(const Fd& directory);

/// After a sync. No mark is fine.
void remove_boot_mark(const Fd& directory);

}  // namespace cbuild::store
