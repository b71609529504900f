// Does something once, on whichever thread comes first.
#pragma once

#include <mutex>
#include <utility>

namespace cbuild {

/// std::call_once for actions that may throw. With libgcc linked statically an exception cannot
/// pass pthread_once(3), which std::call_once is made of: the process is aborted.
class Once {
 public:
  /// Runs `action` unless a call of it has returned before; other threads wait meanwhile. When it
  /// throws, the exception passes, and the next call runs it again. Thread-safe.
  template <typename Action>
  void run(Action&& action) {
    const std::lock_guard lock(mutex_);
    if (done_) return;
    std::forward<Action>(action)();
    done_ = true;
  }

 private:
  std::mutex mutex_;
  bool done_ = false;
};

}  // namespace cbuild
