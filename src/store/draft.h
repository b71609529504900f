// A new directory of a cache mount or volume while it is filled.
#pragma once

#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::store {

/// A directory "new-*" beside the content directory. The object holds a lock on it; the destructor
/// removes it. The constructor also removes drafts of killed processes, which nobody holds.
class Draft {
 public:
  /// @param entry  the kept directory; must outlive the draft
  /// @param path   of `entry`, for messages
  Draft(const Fd& entry, std::string path);
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const Fd& fd() const noexcept { return fd_; }

  /// Moves the only entry of the draft to `name` in `directory`. When that name exists, because
  /// another step was faster, the draft is dropped. @throws Error unless there is exactly one entry
  void publish(const Fd& directory, const std::string& name) const;

 private:
  const Fd& entry_;
  std::string path_;  ///< of entry_
  std::string name_;
  Fd fd_;
};

}  // namespace cbuild::store
