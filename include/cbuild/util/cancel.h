// Cancellation: Ctrl-C reaches every wait of the program through one descriptor.
#pragma once

#include <atomic>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"

namespace cbuild {

/// Says "stop" to everybody who looks. Handed down by reference. Thread-safe; `cancel` is
/// async-signal-safe.
class CancelToken {
 public:
  CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  /// A token that is cancelled with `parent`, and alone without it. The parent outlives it.
  static CancelToken child_of(const CancelToken& parent) { return CancelToken(&parent); }

  void cancel() noexcept;

  bool cancelled() const noexcept {
    return cancelled_.load(std::memory_order_relaxed) || (parent_ && parent_->cancelled());
  }

  /// @throws Interrupted once cancelled.
  void check() const {
    if (cancelled()) throw Interrupted();
  }

  /// Becomes readable (poll: POLLIN) when cancelled, and stays so. Do not read from it.
  int fd() const noexcept { return parent_ ? both_.get() : event_.get(); }

 private:
  explicit CancelToken(const CancelToken* parent);

  const CancelToken* parent_ = nullptr;
  Fd event_;
  Fd both_;  ///< of a child: an epoll of the parent's descriptor and event_
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
