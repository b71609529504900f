// The wildcard walk; see wildcard.h.
#include "src/ops/wildcard.h"

#include <fcntl.h>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

using Found = std::function<void(const std::string& path)>;

/// A directory whose entries are matched against the first component of what is left of a pattern.
struct Level {
  std::string directory;  ///< need not exist
  std::string pattern;
  bool follow;  ///< links; not behind the first wildcard
};

void match(const layer::RootTree& root, const Level& level, const Found& found) {
  const auto slash = level.pattern.find('/');
  const std::string first = level.pattern.substr(0, slash);
  const std::string rest = slash == std::string::npos ? "" : level.pattern.substr(slash + 1);
  const auto directory = root.directory(level.directory, level.follow);
  if (!directory) return;
  const bool follow = level.follow && !has_wildcard(first);
  for (const DirectoryEntry& entry : directory->list()) {
    if (!match_path(first, entry.name)) continue;
    std::string path = join_path(level.directory, entry.name);
    if (rest.empty()) {
      found(path);
    } else {
      match(root, {std::move(path), rest, follow}, found);
    }
  }
}

}  // namespace

std::string literal_directory(const std::string& pattern) {
  return parent_of(pattern.substr(0, pattern.find_first_of("*?[\\")));
}

void for_each_match(const layer::RootTree& root, const std::string& pattern, const Found& found) {
  match(root, {"", pattern, /*follow=*/true}, found);
}

}  // namespace cbuild::ops
