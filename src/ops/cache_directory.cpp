// Fills new cache directories; see cache_directory.h.
#include "src/ops/cache_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cbuild/graph/exec_mount.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/kept_directory.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/mount_input.h"
#include "src/ops/mounted_files.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

constexpr int kMaxPrivateCaches = 256;

void set_look(const Fd& draft, FileOwners& owners, const ExecMount& mount) {
  const Fd made = open_at(draft.get(), kFilled, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  with_context(fmt::format("cache mount {}", printable(mount.target)), [&] {
    owners.give(
        made, kFilled,
        {mount.uid.value_or(0), mount.gid.value_or(0), S_IFDIR | mount.mode.value_or(0755), 0});
  });
}

void make_empty(const Fd& draft, FileOwners& owners, const ExecMount& mount) {
  if (::mkdirat(draft.get(), kFilled, 0700) != 0) {
    throw SysError("cache mount {}: make directory {}", printable(mount.target), kFilled);
  }
  set_look(draft, owners, mount);
}

void fill(const Fd& draft, FileOwners& owners, const ExecMount& mount, const MountInput& input) {
  if (!input.fill) return make_empty(draft, owners, mount);
  input.fill(draft, owners);

  struct stat status {};

  if (::fstatat(draft.get(), kFilled, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::usage,
                "a cache mount cannot be filled from {}, which is not a directory",
                printable(mount.source));
  }
  // The copied directory keeps its owner and mode unless the mount asks for others.
  if (mount.mode || mount.uid || mount.gid) set_look(draft, owners, mount);
}

}  // namespace

std::string cache_name(const ExecMount& mount, const MountInput& input) {
  KeyHasher hasher;
  hasher.add("id", mount.id.empty() ? mount.target : mount.id)
      .add("mode", mount.mode.value_or(0755))
      .add("uid", mount.uid.value_or(0))
      .add("gid", mount.gid.value_or(0));
  if (mount.input >= 0) hasher.add("from", input.identity).add("source", mount.source);
  return to_hex(hasher.finish());
}

store::KeptDirectory lock_cache(store::Store& store,
                                const std::string& name,
                                ExecMount::Sharing sharing,
                                const CancelToken& cancel) {
  using store::KeptKind;
  store::KeptData& kept = store.kept();
  if (sharing != ExecMount::Sharing::private_) {
    const bool is_shared = sharing == ExecMount::Sharing::shared;
    return kept.open({KeptKind::cache_mount, name},
                     is_shared ? LockMode::shared : LockMode::exclusive,
                     "another step that uses the same cache", cancel);
  }
  for (int instance = 0; instance < kMaxPrivateCaches; ++instance) {
    const std::string other = instance == 0 ? name : fmt::format("{}-{}", name, instance);
    auto cache = kept.try_open({KeptKind::cache_mount, other}, LockMode::exclusive, cancel);
    if (cache) return std::move(*cache);
  }
  throw Error("more than {} steps use one private cache at the same time", kMaxPrivateCaches);
}

Fd open_cache(const store::KeptDirectory& cache,
              const ExecMount& mount,
              const MountInput& input,
              Ownership ownership) {
  FileOwners owners(ownership);
  Fd at = cache.open_content([&](const Fd& draft) { fill(draft, owners, mount, input); });
  // With from=, `source` names the directory that the cache was filled with.
  if (mount.input >= 0) return at;
  for (const std::string& name : split(clean_path("/", mount.source).substr(1), '/')) {
    if (name.empty()) continue;
    at = cache.open_or_make(at, name, [&](const Fd& draft) { make_empty(draft, owners, mount); });
  }
  return at;
}

}  // namespace cbuild::ops
