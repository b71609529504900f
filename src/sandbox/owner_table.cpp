// Owners by inode; see owner_table.h.
#include "src/sandbox/owner_table.h"

namespace cbuild::sandbox {

bool OwnerTable::empty() const noexcept {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

std::optional<OwnerRecord> OwnerTable::find(const Inode& inode) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({inode.device, inode.number});
  if (found == entries_.end()) return std::nullopt;
  const auto& [birth, record] = found->second;
  if (birth && inode.birth && *birth != *inode.birth) return std::nullopt;
  return record;
}

bool OwnerTable::set(const Inode& inode, const OwnerRecord& record) {
  const std::lock_guard lock(mutex_);
  const std::pair key(inode.device, inode.number);
  if (record.is_default()) {
    entries_.erase(key);
    return true;
  }
  const auto found = entries_.find(key);
  if (found == entries_.end() && entries_.size() >= kMostEntries) return false;
  if (found == entries_.end()) {
    entries_.emplace(key, Entry{inode.birth, record});
    return true;
  }
  // An entry for every file of the number stays one: a copy-up gives the file another birth.
  Entry& entry = found->second;
  if (entry.birth) entry.birth = inode.birth;
  entry.record = record;
  return true;
}

}  // namespace cbuild::sandbox
