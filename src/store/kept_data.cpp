// Locks, listing and removal of kept data; see kept_data.h.
#include "cbuild/store/kept_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cbuild/store/kept_directory.h"
#include "cbuild/store/kept_file.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/store/boot_mark.h"
#include "src/store/disk_usage.h"
#include "src/store/kept_layout.h"

namespace cbuild::store {

namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// The directory of all entries of a kind; empty when there is none.
Fd open_parent(const std::string& root, KeptKind kind) {
  const std::string path = kept_parent(root, kind);
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno != ENOENT) throw SysError("open {}", path);
  return fd;
}

/// Empty when it is missing.
Fd open_entry(const Fd& parent, const std::string& name) {
  Fd fd(::openat(parent.get(), name.c_str(), kOpenDirectory));
  if (!fd && errno != ENOENT) throw SysError("open {}", name);
  return fd;
}

/// The directory, made when it is missing. Empty when it is removed just then.
Fd open_or_make_entry(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw SysError("make directory {}", path);
  Fd fd(::open(path.c_str(), kOpenDirectory));
  if (!fd && errno != ENOENT) throw SysError("open {}", path);
  return fd;
}

std::vector<Fd> idle_marked_entries(const Fd& parent) {
  std::vector<Fd> marked;
  for (const DirectoryEntry& one : list_directory(parent.get())) {
    Fd entry(::openat(parent.get(), one.name.c_str(), kOpenDirectory));
    if (!entry || !has_boot_mark(entry)) continue;
    if (try_lock(entry, LockMode::exclusive)) marked.push_back(std::move(entry));
  }
  return marked;
}

void try_remove(const Fd& directory, const std::string& name) {
  try {
    remove_tree(directory.get(), name);
  } catch (const SysError& error) {
    log_debug("{}", error.what());
  }
}

void sweep_drafts(const Fd& entry) {
  for (const DirectoryEntry& one : list_directory(entry.get())) {
    if (one.name != kContent && one.name != kRecord) try_remove(entry, one.name);
  }
}

}  // namespace

/// How long acquire() waits for the lock.
struct KeptData::Wait {
  const CancelToken& cancel;
  std::optional<std::string_view> holder;  ///< nullopt: it does not wait

  bool lock(const Fd& fd, LockMode mode) const {
    if (!holder) return try_lock(fd, mode);
    cbuild::lock(fd, mode, *holder, &cancel);
    return true;
  }
};

std::optional<KeptDirectory> KeptData::acquire(const KeptName& which,
                                               LockMode mode,
                                               const Wait& wait) {
  const KeptLayout& layout = layout_of(which.kind);
  const std::string path = kept_path(root_, which);
  make_directories(kept_parent(root_, which.kind), 0700);
  // Repeated when remove() was faster: then the lock is on something that has no name any more.
  for (;;) {
    Fd lock;
    if (layout.has_lock_file) {
      lock = open_file(lock_path(path), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
      if (!wait.lock(lock, mode)) return std::nullopt;
      if (!still_linked(lock)) continue;
    }
    Fd directory = open_or_make_entry(path);
    if (!directory) continue;
    if (!layout.has_lock_file) {
      if (!wait.lock(directory, mode)) return std::nullopt;
      if (!still_linked(directory)) continue;
    }
    begin_use(which, directory, wait.cancel);
    return KeptDirectory(path, std::move(directory), std::move(lock));
  }
}

KeptDirectory KeptData::open(const KeptName& which,
                             LockMode mode,
                             std::string_view holder,
                             const CancelToken& cancel) {
  return std::move(*acquire(which, mode, {cancel, holder}));
}

std::optional<KeptDirectory> KeptData::try_open(const KeptName& which,
                                                LockMode mode,
                                                const CancelToken& cancel) {
  return acquire(which, mode, {cancel, std::nullopt});
}

/// What an entry needs when it is locked and before its holder writes to it.
void KeptData::begin_use(const KeptName& which, const Fd& directory, const CancelToken& cancel) {
  if (layout_of(which.kind).loses_unsynced) {
    written_ = true;
    // Holders of shared locks must not clear it at the same time.
    const NameLock lock(fmt::format("{}/locks/cache-{}", root_, which.name),
                        "another step that opens the same cache", cancel);
    with_context(kept_path(root_, which), [&] { begin_unsynced(directory, which.name); });
  }
  ::futimens(directory.get(), nullptr);  // a failure makes it look older to prune, no more
}

KeptFile KeptData::file(const KeptName& which) const {
  return KeptFile(kept_path(root_, which));
}

std::vector<KeptEntry> KeptData::list(KeptKind kind) const {
  std::vector<KeptEntry> entries;
  const Fd parent = open_parent(root_, kind);
  if (!parent) return entries;
  for (DirectoryEntry& one : list_directory(parent.get())) {
    struct stat status {};

    if (!is_valid({kind, one.name})) continue;
    if (::fstatat(parent.get(), one.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({std::move(one.name), status.st_mtim.tv_sec});
  }
  return entries;
}

std::optional<std::string> KeptData::record(const KeptName& which) const {
  return read_file_if_exists(fmt::format("{}/{}", kept_path(root_, which), kRecord));
}

std::string KeptData::content_path(const KeptName& which) const {
  return fmt::format("{}/{}", kept_path(root_, which), kContent);
}

bool KeptData::contains(const KeptName& which) const {
  return is_valid(which) && ::access(kept_path(root_, which).c_str(), F_OK) == 0;
}

std::uint64_t KeptData::size(const KeptName& which) const {
  return disk_usage(AT_FDCWD, kept_path(root_, which));
}

bool KeptData::remove(const KeptName& which) {
  const KeptLayout& layout = layout_of(which.kind);
  const std::string path = kept_path(root_, which);
  const Fd parent = open_parent(root_, which.kind);
  if (!parent) return false;
  if (layout.is_file) {
    if (::unlink(path.c_str()) == 0) return true;
    if (errno != ENOENT) throw SysError("remove {}", path);
    return false;
  }
  const Fd entry = open_entry(parent, which.name);
  if (!entry) return false;
  const Fd lock =
      layout.has_lock_file ? open_file(lock_path(path), O_RDWR | O_CREAT | O_NOFOLLOW, 0600) : Fd();
  if (!try_lock(lock ? lock : entry, LockMode::exclusive)) return false;
  // Whoever waits for the lock finds that it has no name any more; see acquire().
  remove_tree(parent.get(), which.name);
  if (lock) ::unlink(lock_path(path).c_str());
  return true;
}

Usage::Part KeptData::measure(KeptKind kind) const {
  Usage::Part part;
  for (const KeptEntry& entry : list(kind)) {
    ++part.count;
    part.bytes += size({kind, entry.name});
  }
  return part;
}

Usage::Part KeptData::prune(KeptKind kind, std::int64_t unused_since, const CancelToken& cancel) {
  Usage::Part removed;
  for (const KeptEntry& entry : list(kind)) {
    cancel.check();
    if (unused_since != 0 && entry.last_use >= unused_since) continue;
    const KeptName which{kind, entry.name};
    const std::uint64_t bytes = size(which);
    try {
      if (!remove(which)) continue;
      ++removed.count;
      removed.bytes += bytes;
    } catch (const SysError& error) {
      log_warning("cannot remove {} {}: {}", layout_of(kind).subject, entry.name, error.what());
    }
  }
  return removed;
}

void KeptData::sync() {
  if (!written_) return;
  for (const KeptLayout& layout : kKeptLayouts) {
    if (!layout.loses_unsynced) continue;
    const Fd parent = open_parent(root_, layout.kind);
    if (!parent) continue;
    with_context(kept_parent(root_, layout.kind), [&] {
      const std::vector<Fd> marked = idle_marked_entries(parent);
      if (marked.empty()) return;
      if (::syncfs(parent.get()) != 0) throw SysError("syncfs");
      for (const Fd& entry : marked)
        remove_boot_mark(entry);
    });
  }
}

void KeptData::sweep() {
  for (const KeptLayout& layout : kKeptLayouts) {
    if (!layout.is_file && !layout.has_content) continue;
    const Fd parent = open_parent(root_, layout.kind);
    if (!parent) continue;
    for (const DirectoryEntry& one : list_directory(parent.get())) {
      if (layout.is_file) {
        // write_file_atomically() adds a suffix, which no name of an entry has.
        if (!is_valid({layout.kind, one.name})) try_remove(parent, one.name);
        continue;
      }
      const Fd entry(::openat(parent.get(), one.name.c_str(), kOpenDirectory));
      if (entry) sweep_drafts(entry);
    }
  }
}

}  // namespace cbuild::store
