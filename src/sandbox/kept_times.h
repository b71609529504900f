// Keeps the times of a directory while its entries are changed.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

namespace cbuild::sandbox {

/// At its end the modification time of the directory is what it was. Neither throws nor allocates.
class KeptTimes {
 public:
  /// @param directory opened for reading, to be borrowed
  explicit KeptTimes(int directory) noexcept : directory_(directory) {
    known_ = ::fstat(directory_, &status_) == 0;
  }

  KeptTimes(const KeptTimes&) = delete;
  KeptTimes& operator=(const KeptTimes&) = delete;

  ~KeptTimes() {
    const timespec times[] = {{0, UTIME_OMIT}, status_.st_mtim};
    if (known_) ::futimens(directory_, times);
  }

 private:
  int directory_;
  bool known_ = false;

  struct stat status_ {};
};

}  // namespace cbuild::sandbox
