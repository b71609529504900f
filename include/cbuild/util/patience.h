// Polls for another process: tells the user what it waits for, and can be cancelled.
#pragma once

#include <chrono>
#include <string_view>

namespace cbuild {

class CancelToken;

/// One wait for something that can only be tried again and again: flock(2), a busy database. Says
/// after 5 s what it waits for, and never gives up by itself. Not thread-safe.
class Patience {
 public:
  /// @param what  is waited for; must outlive it  @param cancel  ends the wait; may be null
  Patience(std::string_view what, const CancelToken* cancel);

  /// Sleeps 1 ms at first, 20 ms at most. False, at once, when cancelled.
  bool pause();

 private:
  std::string_view what_;
  const CancelToken* cancel_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int milliseconds_ = 1;
  bool said_ = false;
};

}  // namespace cbuild
