// Owners of files that cannot have them as an attribute, by inode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "cbuild/util/owner_record.h"

namespace cbuild::sandbox {

/// A file by numbers. The number of a deleted file is given to a new one; its time of birth is not.
struct Inode {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::optional<std::int64_t> birth = std::nullopt;  ///< in nanoseconds, where it is known
};

/// Symbolic links, fifos and sockets have no user.* attributes, and many file systems have none.
/// Thread-safe.
class OwnerTable {
 public:
  static constexpr std::size_t kMostEntries = 1'000'000;

  /// nullopt for a file that is not in it, or has the number of one that was deleted.
  std::optional<OwnerRecord> find(const Inode& inode) const;

  /// Without a time of birth it counts for every file of that number: right for a file that cannot
  /// be deleted, as one of a lower layer. A default record removes the entry.
  /// @return whether there was room
  bool set(const Inode& inode, const OwnerRecord& record);

  bool empty() const noexcept;

 private:
  struct Entry {
    std::optional<std::int64_t> birth;
    OwnerRecord record;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Entry> entries_;
};

}  // namespace cbuild::sandbox
