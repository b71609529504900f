// Caches and digests of contexts; see side_directories.h.
#include "src/store/side_directories.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/store/disk_usage.h"

namespace cbuild::store {

namespace {

/// Calls `visit` with the directory and the name of each entry.
template <typename Visit>
void for_each_entry(const std::string& root, const std::string& name, Visit&& visit) {
  const std::string path = root + "/" + name;
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return;
  if (!directory) throw SysError("open {}", path);
  for (const DirectoryEntry& entry : list_directory(directory.get()))
    visit(directory, entry.name);
}

/// Whoever uses an entry sets its time.
bool used_since(const Fd& directory, const std::string& name, std::int64_t moment) {
  struct stat status {};

  return moment != 0 &&
         ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         status.st_mtim.tv_sec >= moment;
}

}  // namespace

Usage::Part measure_directory(const std::string& root, const std::string& name) {
  Usage::Part part;
  for_each_entry(root, name, [&](const Fd& directory, const std::string& entry) {
    ++part.count;
    part.bytes += disk_usage(directory.get(), entry);
  });
  return part;
}

Usage::Part prune_directory(const std::string& root,
                            const std::string& name,
                            std::int64_t unused_since,
                            const CancelToken& cancel) {
  Usage::Part gone;
  for_each_entry(root, name, [&](const Fd& directory, const std::string& entry) {
    cancel.check();
    if (used_since(directory, entry, unused_since)) return;
    const std::uint64_t bytes = disk_usage(directory.get(), entry);
    try {
      remove_tree(directory.get(), entry);
      ++gone.count;
      gone.bytes += bytes;
    } catch (const SysError& error) {
      log_warning("{}/{} stays behind: {}", name, entry, error.what());
    }
  });
  return gone;
}

void remove_half_written(const std::string& root) {
  const auto attempt = [](const Fd& directory, const std::string& name) {
    try {
      remove_tree(directory.get(), name);
    } catch (const SysError& error) {
      log_debug("{}", error.what());
    }
  };
  for_each_entry(root, kContextDigests, [&](const Fd& directory, const std::string& name) {
    // As write_file_atomically() names it.
    if (name.find('.') != std::string::npos) attempt(directory, name);
  });
  for_each_entry(root, kCacheMounts, [&](const Fd& directory, const std::string& name) {
    const Fd cache(
        ::openat(directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!cache) return;
    for (const DirectoryEntry& entry : list_directory(cache.get())) {
      if (entry.name != kCacheContent) attempt(cache, entry.name);
    }
  });
}

}  // namespace cbuild::store
