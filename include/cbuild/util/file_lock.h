// Locks between processes that vanish with their holder: flock(2).
#pragma once

#include <string>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild {

class CancelToken;

enum class LockMode { shared, exclusive };

/// Locks the file behind `fd`, or changes the lock it holds. False when others hold it; a lock held
/// before is lost then. @throws SysError
bool try_lock(const Fd& fd, LockMode mode);

/// Waits for the lock. After 5 s it says that it waits for `what`.
/// @param cancel  may be null  @throws Interrupted
void lock(const Fd& fd, LockMode mode, std::string_view what, const CancelToken* cancel);

/// Whether the locked file is still reachable by a name: if not, somebody removed it just before it
/// was locked.
bool still_linked(const Fd& fd);

/// Exclusive lock on a name, for work that only one may do. The file is there only while somebody
/// holds or wants the lock. Works between threads too.
class NameLock {
 public:
  NameLock(std::string path, std::string_view what, const CancelToken& cancel);
  ~NameLock();
  NameLock(const NameLock&) = delete;
  NameLock& operator=(const NameLock&) = delete;

 private:
  std::string path_;
  Fd fd_;
};

}  // namespace cbuild
