// Tells whether a file was changed.
#pragma once

#include <sys/stat.h>
#include <time.h>

#include <cstdint>

namespace cbuild::ops {

/// Identifies the state of a file that was hashed: the fields that git compares in its index.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970
  std::int64_t changed = 0;   ///< inode change time, likewise

  static FileIdentity of(const struct stat& status);
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// The nanoseconds of `time`.
std::int64_t nanoseconds(const timespec& time);

}  // namespace cbuild::ops
