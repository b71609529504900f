// The mark of caches that are not synced; see cache_mounts.h.
#include "cbuild/store/cache_mounts.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "cbuild/store/store.h"
#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"

namespace cbuild::store {

namespace {

constexpr const char* kMark = "user.cbuild.boot";

/// Empty: there is none.
std::string mark_of(const Fd& cache) {
  std::array<char, 64> value{};
  const ssize_t size = ::fgetxattr(cache.get(), kMark, value.data(), value.size());
  if (size >= 0) return {value.data(), static_cast<std::size_t>(size)};
  if (errno == ENODATA) return {};
  throw SysError("read the mark of a cache");
}

void set_mark(const Fd& cache, const std::string& boot) {
  if (::fsetxattr(cache.get(), kMark, boot.data(), boot.size(), 0) != 0) {
    throw SysError("mark a cache");
  }
  // Before the step's writes: they may reach the disk in any order.
  if (::fsync(cache.get()) != 0) throw SysError("fsync a cache");
}

void empty(const Fd& cache) {
  for (const DirectoryEntry& entry : list_directory(cache.get()))
    remove_tree(cache.get(), entry.name);
}

/// The marked caches that nobody uses, locked.
std::vector<Fd> idle_marked_caches(const Fd& directory) {
  std::vector<Fd> caches;
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    Fd cache(::openat(directory.get(), entry.name.c_str(),
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!cache || mark_of(cache).empty()) continue;
    if (try_lock(cache, LockMode::exclusive)) caches.push_back(std::move(cache));
  }
  return caches;
}

}  // namespace

void CacheMounts::begin_writing(const Fd& cache,
                                const std::string& name,
                                const CancelToken& cancel) {
  written_ = true;
  // Of two who share it, one decides whether it begins anew.
  const NameLock lock(fmt::format("{}/locks/cache-{}", root_, name),
                      "another step that opens the same cache", cancel);
  const std::string boot = boot_id();
  const std::string mark = mark_of(cache);
  if (mark == boot && !boot.empty()) return;
  if (!mark.empty()) {
    log_debug("cache {} was not on disk yet when the machine stopped; it begins anew", name);
    empty(cache);
  }
  set_mark(cache, boot);
}

void CacheMounts::sync() {
  if (!written_) return;
  const Fd directory = open_directory(fmt::format("{}/{}", root_, kCacheMounts));
  const std::vector<Fd> caches = idle_marked_caches(directory);
  if (caches.empty()) return;
  if (::syncfs(directory.get()) != 0) throw SysError("sync {}/{}", root_, kCacheMounts);
  for (const Fd& cache : caches) {
    if (::fremovexattr(cache.get(), kMark) != 0 && errno != ENODATA) {
      throw SysError("take the mark off a cache");
    }
  }
}

}  // namespace cbuild::store
