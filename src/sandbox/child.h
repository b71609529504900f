// A child process, and how it ended.
#pragma once

#include <signal.h>

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

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

  /// Reaps it when it has ended. False: it runs; or it has ended under a tracer (ptrace(2)) that
  /// does not let it go, and fd() is readable.
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

/// The same for at most about this time. False: it was not reaped.
bool reap_within(Child& child, int milliseconds) noexcept;

/// Those that were started in one sandbox. Thread-safe.
class Guests {
 public:
  void add(std::shared_ptr<Child> guest);

  /// Those that were not reaped when the last was added.
  std::vector<std::shared_ptr<Child>> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Child>> guests_;
};

}  // namespace cbuild::sandbox
