// A thread in a network namespace, with a loop.
#pragma once

#include <functional>
#include <thread>

#include "cbuild/util/event_loop.h"
#include "cbuild/util/fd.h"

namespace cbuild::network {

/// Has a loop's thread call `action`, and waits for it. @throws what the action throws
/// @pre the loop runs, on another thread
void call_on(EventLoop& loop, const std::function<void()>& action);

/// Runs a loop in a namespace until the destructor.
class InsideThread {
 public:
  /// @throws SysError
  explicit InsideThread(Fd name_space);
  InsideThread(const InsideThread&) = delete;
  InsideThread& operator=(const InsideThread&) = delete;
  ~InsideThread();

  /// Its functions are for the thread, but post().
  EventLoop& loop() noexcept { return loop_; }

  /// Has the thread call `action`, and waits for it.
  void call(const std::function<void()>& action) { call_on(loop_, action); }

 private:
  Fd name_space_;
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace cbuild::network
