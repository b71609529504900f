// Blocks signals around a clone(2).
#pragma once

#include <signal.h>

namespace cbuild::sandbox {

/// All signals are blocked in this thread while it lives, so that a child of it never runs a
/// handler of the parent.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former_);
  }

  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_{};
};

}  // namespace cbuild::sandbox
