// The records of owners of the files that a step sees.
#pragma once

#include <optional>
#include <string>

#include "cbuild/util/owner_record.h"
#include "src/sandbox/owner_table.h"

struct statx;

namespace cbuild::sandbox {

/// Records are attributes of regular files and directories, and entries of a table for all else.
/// The thread of a Standpoint uses it.
class StepOwners {
 public:
  /// @param shares_proc  see Standpoint
  /// @param table  of all who see the same files
  StepOwners(bool shares_proc, OwnerTable& table) noexcept
      : table_(table), shares_proc_(shares_proc) {}

  enum class Answer {
    none,    ///< root has the file, or there is no file
    found,   ///< the file has a record
    unclear  ///< to be looked up by an open file
  };

  /// What most calls need to know, with one system call where it can be.
  Answer look(const std::string& path, bool follow) const;

  /// Of an open file (O_PATH is enough).
  std::optional<OwnerRecord> find(int fd) const;

  /// @return 0 or an errno
  int set(int fd, const OwnerRecord& record);

  /// For a file of a lower layer or of a mount, which cannot be deleted.
  void set_permanent(int fd, const OwnerRecord& record);

  const OwnerTable& table() const noexcept { return table_; }

 private:
  OwnerTable& table_;
  bool shares_proc_;
};

/// What the table knows a file by.
Inode inode_of(const struct statx& status) noexcept;

}  // namespace cbuild::sandbox
