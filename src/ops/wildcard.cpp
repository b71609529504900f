// The wildcard walk; see wildcard.h.
#include "src/ops/wildcard.h"

#include <fcntl.h>

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
  int flags;  ///< for open(2): O_NOFOLLOW behind the first wildcard
};

void match(const Fd& root, const Level& level, const Found& found) {
  const auto slash = level.pattern.find('/');
  const std::string first = level.pattern.substr(0, slash);
  const std::string rest = slash == std::string::npos ? "" : level.pattern.substr(slash + 1);
  const auto directory = try_open_in_root(root, level.directory, level.flags);
  if (!directory) return;
  const int flags = has_wildcard(first) ? level.flags | O_NOFOLLOW : level.flags;
  for (const DirectoryEntry& entry : list_directory(directory->get())) {
    if (!match_path(first, entry.name)) continue;
    std::string path = join_path(level.directory, entry.name);
    if (rest.empty()) {
      found(path);
    } else {
      match(root, {std::move(path), rest, flags}, found);
    }
  }
}

}  // namespace

std::string literal_directory(const std::string& pattern) {
  return parent_of(pattern.substr(0, pattern.find_first_of("*?[\\")));
}

void for_each_match(const Fd& root, const std::string& pattern, const Found& found) {
  match(root, {"", pattern, O_RDONLY | O_DIRECTORY}, found);
}

}  // namespace cbuild::ops
