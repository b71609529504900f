// Makes caches aside and names them when they are complete; see cache_directory.h.
#include "src/ops/cache_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <optional>
#include <random>
#include <utility>

#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

constexpr std::string_view kDraftPrefix = "new-";

std::string random_name() {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}", kDraftPrefix, random(), random());
}

/// Removes what killed builds left: directories of drafts that nobody holds the lock of.
void remove_old_drafts(const Fd& cache) {
  for (const DirectoryEntry& entry : list_directory(cache.get())) {
    if (!entry.name.starts_with(kDraftPrefix)) continue;
    const auto draft = try_open_in_root(cache, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (draft && try_lock(*draft, LockMode::exclusive)) remove_tree(cache.get(), entry.name);
  }
}

/// A directory beside the data of a cache, in which kFilled becomes a part of the cache. Locked
/// while it is in use, and removed at the end.
class Draft {
 public:
  explicit Draft(const Fd& cache) : cache_(cache) {
    remove_old_drafts(cache);
    do {
      name_ = random_name();
      if (::mkdirat(cache.get(), name_.c_str(), 0700) != 0) throw SysError("make a cache");
      auto made = try_open_in_root(cache, name_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (made) fd_ = std::move(*made);
      // Another build may have taken it for an old one before it was locked.
    } while (!fd_ || !try_lock(fd_, LockMode::exclusive) || !still_linked(fd_));
  }

  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  ~Draft() {
    try {
      remove_tree(cache_.get(), name_);
    } catch (const Error& error) {
      log_debug("a draft of a cache stays behind: {}", error.what());
    }
  }

  const Fd& fd() const noexcept { return fd_; }

  /// Gives what was made the name `name` in `directory`, unless somebody else was faster.
  void move_to(const Fd& directory, const std::string& name) {
    const int renamed =
        ::renameat2(fd_.get(), kFilled, directory.get(), name.c_str(), RENAME_NOREPLACE);
    if (renamed != 0 && errno != EEXIST) throw SysError("make a directory of a cache");
  }

 private:
  const Fd& cache_;
  std::string name_;
  Fd fd_;
};

void make_empty(const Draft& draft) {
  if (::mkdirat(draft.fd().get(), kFilled, 0700) != 0) throw SysError("make a cache");
}

void set_look(const Draft& draft, const ExecMount& mount) {
  const Fd made = open_at(draft.fd().get(), kFilled, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  with_context(fmt::format("the cache for {}", printable(mount.target)), [&] {
    set_owner(made, mount.uid.value_or(0), mount.gid.value_or(0));
    set_mode(made, mount.mode.value_or(0755));
  });
}

void fill(const Draft& draft, const ExecMount& mount, const MountSource& source) {
  if (!source.fill) {
    make_empty(draft);
    return set_look(draft, mount);
  }
  source.fill(draft.fd());

  struct stat status {};

  if (::fstatat(draft.fd().get(), kFilled, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::usage, "a cache cannot begin with {}, which is no directory",
                printable(mount.source));
  }
  // What it begins with keeps its look, unless the mount asks for another one.
  if (mount.mode || mount.uid || mount.gid) set_look(draft, mount);
}

std::optional<Fd> find_directory(const Fd& directory, const std::string& name) {
  Fd fd(::openat(directory.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT) return std::nullopt;
  throw SysError("open {} in a cache", printable(name));
}

/// The directory `name` in `directory`; `make` fills a draft when it is missing.
template <typename Make>
Fd open_or_make(const Fd& cache, const Fd& directory, const std::string& name, Make&& make) {
  if (auto found = find_directory(directory, name)) return std::move(*found);
  {
    Draft draft(cache);
    std::forward<Make>(make)(draft);
    draft.move_to(directory, name);
  }
  if (auto found = find_directory(directory, name)) return std::move(*found);
  throw Error("{} was removed from a cache while it was made", printable(name));
}

}  // namespace

Fd open_cache(const std::string& directory, const ExecMount& mount, const MountSource& source) {
  const Fd cache = open_directory(directory);
  Fd at = open_or_make(cache, cache, store::kCacheContent,
                       [&](const Draft& draft) { fill(draft, mount, source); });
  // With from=, `source` names what the cache begins with.
  if (mount.input >= 0) return at;
  for (const std::string& name : split(clean_path("/", mount.source).substr(1), '/')) {
    if (name.empty()) continue;
    at = open_or_make(cache, at, name, [&](const Draft& draft) {
      make_empty(draft);
      set_look(draft, mount);
    });
  }
  return at;
}

}  // namespace cbuild::ops
