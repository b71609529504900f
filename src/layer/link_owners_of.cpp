// The topmost layer decides; see link_owners_of.h.
#include "cbuild/layer/link_owners_of.h"

#include <sys/stat.h>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/file_owners.h"

namespace cbuild::layer {

LinkOwners link_owners_of(const RootTree& tree) {
  LinkOwners all;
  for (const TreeDirectory::Part& part : tree.root().parts()) {
    if (!part.owners) continue;
    for (const auto& [path, owner] : part.owners->links()) {
      // A layer above may have something else there.
      const auto status = tree.stat(path);
      const bool is_link = status && !S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode);
      if (!is_link || (status->st_uid == 0 && status->st_gid == 0)) continue;
      all.insert_or_assign(path, LinkOwner{status->st_uid, status->st_gid});
    }
  }
  return all;
}

}  // namespace cbuild::layer
