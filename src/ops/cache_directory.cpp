// Fills new cache directories; see cache_directory.h.
#include "src/ops/cache_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cbuild/store/kept_directory.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/mounted_files.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

void set_look(const Fd& draft, const ExecMount& mount) {
  const Fd made = open_at(draft.get(), kFilled, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  with_context(fmt::format("cache mount {}", printable(mount.target)), [&] {
    set_owner(made, mount.uid.value_or(0), mount.gid.value_or(0));
    set_mode(made, mount.mode.value_or(0755));
  });
}

void make_empty(const Fd& draft, const ExecMount& mount) {
  if (::mkdirat(draft.get(), kFilled, 0700) != 0) {
    throw SysError("cache mount {}: make directory {}", printable(mount.target), kFilled);
  }
  set_look(draft, mount);
}

void fill(const Fd& draft, const ExecMount& mount, const MountInput& input) {
  if (!input.fill) return make_empty(draft, mount);
  input.fill(draft);

  struct stat status {};

  if (::fstatat(draft.get(), kFilled, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::usage,
                "a cache mount cannot be filled from {}, which is not a directory",
                printable(mount.source));
  }
  // The copied directory keeps its owner and mode unless the mount asks for others.
  if (mount.mode || mount.uid || mount.gid) set_look(draft, mount);
}

}  // namespace

Fd open_cache(const store::KeptDirectory& cache, const ExecMount& mount, const MountInput& input) {
  Fd at = cache.open_content([&](const Fd& draft) { fill(draft, mount, input); });
  // With from=, `source` names the directory that the cache was filled with.
  if (mount.input >= 0) return at;
  for (const std::string& name : split(clean_path("/", mount.source).substr(1), '/')) {
    if (name.empty()) continue;
    at = cache.open_or_make(at, name, [&](const Fd& draft) { make_empty(draft, mount); });
  }
  return at;
}

}  // namespace cbuild::ops
