// Paths of layer directories; see layer_paths.h.
#include "src/store/layer_paths.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"

namespace cbuild::store {

std::string snapshots_directory(const std::string& root) {
  return root + "/snapshots";
}

Fd open_layer(const std::string& root, const std::string& name) {
  return open_directory(snapshots_directory(root) + "/" + name);
}

void move_to_staging(const std::string& root, const std::string& name) {
  const std::string from = snapshots_directory(root) + "/" + name;
  const std::string to = fmt::format("{}/staging/orphan-{}", root, name);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    log_warning("cannot remove {}: {}", from, ::strerrordesc_np(errno));
  }
}

}  // namespace cbuild::store
