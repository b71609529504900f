// Starts one process in namespaces of its own on an overlay, or by chroot(2) in a directory. Knows
// mounts and arguments, neither images nor layers.
#pragma once

#include <memory>

namespace cbuild {
class CancelToken;
class Fd;
}  // namespace cbuild

namespace cbuild::sandbox {

struct ExitStatus;
struct Spec;
class Workspace;

/// A process in a sandbox: the child of a small init in new mount, pid, ipc, uts (cgroup, net)
/// namespaces; with Isolation::chroot in none of them, in its root by chroot(2). When it ends, all
/// that it started is killed. Used by one thread at a time, but for
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
  /// `root.upper` then, and what took the place of mounts. A second call returns the same.
  /// @throws Error when the sandbox could not be set up (stage and errno named), Interrupted when
  /// cancelled: it runs on then
  ExitStatus wait(const CancelToken& cancel);

  /// Sends a signal to the process (not to its children). SIGKILL ends the whole sandbox. Does
  /// nothing when it has ended. Thread-safe.
  void signal(int number);

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state) noexcept;
  friend Process start(const Workspace& workspace, Spec spec);

  std::unique_ptr<State> state_;
};

/// Waits for the set-up inside only with a Terminal. `workspace` must outlive the Process.
/// @pre `workspace` was entered.  Thread-safe: several may run at once.
/// @throws Error when something cannot be had, or a wish of the spec cannot be kept; as
/// Workspace::require_run()
Process start(const Workspace& workspace, Spec spec);

}  // namespace cbuild::sandbox
