// Kept data, beside images and layers: cache mounts, repositories, volumes, digests of context
// files.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/store/kept_name.h"
#include "cbuild/store/usage.h"
#include "cbuild/util/file_lock.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

class KeptDirectory;
class KeptFile;

/// One kept directory or file.
struct KeptEntry {
  std::string name;
  std::int64_t last_use = 0;  ///< seconds since 1970
};

/// Thread-safe; several processes may share one store. Locks are held by KeptDirectory objects, so
/// they work between threads too.
///
/// Steps write to a cache mount as they like and sync nothing. So one that is open carries the
/// boot_id in an xattr until sync(); a cache mount with the mark of another boot may hold files
/// that power loss has emptied, and open() clears it.
class KeptData {
 public:
  /// @param root  absolute path of the store
  explicit KeptData(std::string root) : root_(std::move(root)) {}

  /// Opens a directory, makes it when it is missing (mode 0700), and sets its last use to now.
  /// Waits for the lock; after 5 s it says that it waits for `holder`.
  /// @throws Interrupted, Error (usage) for a name that is not valid
  KeptDirectory open(const KeptName& which,
                     LockMode mode,
                     std::string_view holder,
                     const CancelToken& cancel);

  /// Does the same without waiting; nullopt when another holder's lock is in the way.
  std::optional<KeptDirectory> try_open(const KeptName& which,
                                        LockMode mode,
                                        const CancelToken& cancel);

  /// A file, which may be missing. Touches no disk.
  KeptFile file(const KeptName& which) const;

  /// Sorted by name.
  std::vector<KeptEntry> list(KeptKind kind) const;

  bool contains(const KeptName& which) const;

  /// See KeptDirectory::set_record(); nullopt when there is none.
  std::optional<std::string> record(const KeptName& which) const;

  /// Where the content of a cache mount or volume is, absolute. It may be missing.
  std::string content_path(const KeptName& which) const;

  /// Allocated bytes on disk; 0 when it is missing. Outside the user namespace, files of other
  /// owners may count as zero.
  std::uint64_t size(const KeptName& which) const;

  /// Removes it with its content. False when it is missing or somebody holds a lock on it. Needs
  /// the user namespace when there are files of other owners. @throws SysError
  bool remove(const KeptName& which);

  /// Number and size of all of one kind.
  Usage::Part measure(KeptKind kind) const;

  /// Removes all of one kind that were last used before `unused_since` (seconds since 1970; 0 =
  /// all), except those that are locked. Logs what cannot be removed.
  /// @return number and size of what was removed
  Usage::Part prune(KeptKind kind, std::int64_t unused_since, const CancelToken& cancel);

  /// Syncs the cache mounts that this object has opened, so that they survive power loss, and
  /// removes their marks. A cache mount that is locked keeps its mark. Does nothing when none was
  /// opened.
  void sync();

  /// Removes drafts and temporary files of killed processes. For a prune, when no other process
  /// uses the store. Logs what cannot be removed.
  void sweep();

 private:
  struct Wait;
  std::optional<KeptDirectory> acquire(const KeptName& which, LockMode mode, const Wait& wait);
  void begin_use(const KeptName& which, const Fd& directory, const CancelToken& cancel);

  std::string root_;
  std::atomic<bool> written_ = false;  ///< a cache mount was opened since the last sync()
};

}  // namespace cbuild::store
