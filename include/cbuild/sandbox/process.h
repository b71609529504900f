// Starts one process in namespaces of its own on an overlay. Knows mounts and arguments, neither
// images nor layers.
#pragma once

#include <cstdint>
#include <memory>

#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// How a process ended.
struct ExitStatus {
  int code = 0;        ///< exit code; 128 + signal when a signal ended it
  int signal = 0;      ///< 0 = it exited by itself
  int exec_error = 0;  ///< not 0: errno, for argv[0] could not be executed; `code` is 127 (not
                       ///< found) or 126, as a shell's
  /// The kernel killed a process of the control group for want of memory. In the caller's own
  /// control group that may have been another one: there it is said only of SIGKILL (`code` 137).
  bool out_of_memory = false;
  std::uint64_t too_many_processes = 0;  ///< not 0: how many it had, and was killed for

  bool ok() const noexcept { return code == 0; }
};

/// A process in a sandbox: the child of a small init in new mount, pid, ipc, uts (cgroup, net)
/// namespaces. When it ends, all that it started is killed. Used by one thread at a time, but for
/// signal() and fd().
class Process {
 public:
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  /// Kills it, if it runs and has the lifetime of a thread, and releases what was prepared for it.
  ~Process();

  /// A pidfd of the init: readable (POLLIN) when nothing of the sandbox is left.
  int fd() const noexcept;

  /// The master of its pseudo-terminal, for read(2), write(2) and TIOCSWINSZ; empty without a
  /// Terminal. After the end of the process reading fails with EIO.
  const Fd& terminal() const noexcept;

  /// Returns when nothing of the sandbox is left; mount points that had to be made are gone from
  /// `root.upper` then. A second call returns the same.
  /// @throws Error when the sandbox could not be set up (stage and errno named), Interrupted when
  /// cancelled: it runs on then
  ExitStatus wait(const CancelToken& cancel);

  /// Sends a signal to the process (not to its children). SIGKILL ends the whole sandbox. Does
  /// nothing when it has ended. Thread-safe.
  void signal(int number);

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state) noexcept;
  friend Process launch(const Workspace& workspace, Spec spec);
  friend Process start(const Workspace& workspace, Spec spec);

  std::unique_ptr<State> state_;
};

/// Waits for the set-up inside only with a Terminal. `workspace` must outlive the Process.
/// @pre `workspace` was entered.  Thread-safe: several may run at once.
/// @throws Error when something cannot be had, or a wish of the spec cannot be kept
Process start(const Workspace& workspace, Spec spec);

}  // namespace cbuild::sandbox
