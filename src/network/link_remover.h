// Removes links without making anybody wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "src/network/netlink.h"

namespace cbuild::network {

/// The kernel takes about 20 ms to remove a link, most of them without a lock that others need. A
/// thread does it, which ends when there is nothing more to remove. Thread-safe.
class LinkRemover {
 public:
  /// For links of this thread's network namespace. @throws SysError
  LinkRemover();
  LinkRemover(const LinkRemover&) = delete;
  LinkRemover& operator=(const LinkRemover&) = delete;
  /// Leaves those that are not removed yet to the end of the namespace.
  ~LinkRemover();

  /// One that is gone by then is ignored.
  void add(unsigned link);
  /// Waits until all are removed.
  void finish();

 private:
  void work();

  NetlinkSocket socket_;  ///< used by the thread
  std::mutex mutex_;
  std::deque<unsigned> links_;  ///< guarded by mutex_
  bool is_working_ = false;     ///< guarded by mutex_
  std::condition_variable finished_;
  std::thread thread_;
};

/// Removes it now. One that is gone is ignored. Does not throw.
void remove_link(NetlinkSocket& socket, unsigned link) noexcept;

}  // namespace cbuild::network
