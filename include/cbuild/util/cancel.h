// Stopping on request: Ctrl-C reaches every wait of the program through one descriptor.
#pragma once

#include <atomic>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"

namespace cbuild {

/// Says "stop" to everybody who looks. One per build, handed down by reference. Thread-safe;
/// `cancel` is async-signal-safe.
class CancelToken {
 public:
  CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  void cancel() noexcept;

  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

  /// @throws Interrupted once cancelled.
  void check() const {
    if (cancelled()) throw Interrupted();
  }

  /// Becomes readable (poll: POLLIN) when cancelled, and stays so. Do not read from it.
  int fd() const noexcept { return event_.get(); }

 private:
  Fd event_;
  std::atomic<bool> cancelled_{false};
};

/// Makes SIGINT, SIGTERM and SIGHUP cancel `token`; a second one ends the process at once. For
/// main() only: one token a process. The signal that came first is in `received_signal()` (0 =
/// none).
void cancel_on_signals(CancelToken& token);
int received_signal() noexcept;
/// The token of cancel_on_signals(); null before.
const CancelToken* token_of_signals() noexcept;

}  // namespace cbuild
