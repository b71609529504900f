// A child process, and how it ended.
#pragma once

#include <signal.h>

#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "cbuild/util/fd.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::sandbox {

/// Reaped by nobody else. Thread-safe.
class Child {
 public:
  explicit Child(Fd pidfd) noexcept : pidfd_(std::move(pidfd)) {}

  int fd() const noexcept { return pidfd_.get(); }

  /// Reaps it when it has ended. False: it runs.
  bool try_reap() noexcept;

  /// How it ended, by waitid(2); nullopt: it was not reaped yet.
  std::optional<siginfo_t> end() const noexcept;

 private:
  Fd pidfd_;
  mutable std::mutex mutex_;
  std::optional<siginfo_t> end_;
};

/// Returns when `child` was reaped. Those of `others` that end meanwhile are reaped too: the kernel
/// holds back the end of a pid namespace until all its processes are reaped.
/// @param cancel  may be null  @throws Interrupted, SysError
void reap(Child& child, std::span<const std::shared_ptr<Child>> others, const CancelToken* cancel);

}  // namespace cbuild::sandbox
