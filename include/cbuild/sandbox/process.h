// Starts processes in namespaces of their own on an overlay, or by chroot(2) in a directory. Knows
// mounts and arguments, neither images nor layers.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>

namespace cbuild {
class CancelToken;
class Fd;
}  // namespace cbuild

namespace cbuild::sandbox {

struct Command;
struct ExecFailure;
struct ExitStatus;
struct GroupLimits;
struct Spec;
struct Usage;
class Workspace;

/// The kinds of namespaces that a sandbox has.
enum class Namespace { mount, pid, network, ipc, uts, cgroup };

/// A process in a sandbox: the first in new mount, pid, ipc, uts (cgroup, net) namespaces, or the
/// child of a small init there (Spec::init); or one that start_in() has started there. With
/// Isolation::chroot in none of them, in its root by chroot(2). When the first ends, all that runs
/// in the sandbox is killed. Used by one thread at a time, but for signal() and fd().
class Process {
 public:
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  /// Kills it, if it runs and has the lifetime of a thread, and releases what was prepared for it.
  ~Process();

  /// A pidfd of the first process: readable (POLLIN) when nothing of the sandbox is left; or of the
  /// one that start_in() has started. The first process of a sandbox ends only after wait() or
  /// try_wait() was called for those that were started in it, or for itself, if they are no more.
  int fd() const noexcept;

  /// The master of its pseudo-terminal, for read(2), write(2) and TIOCSWINSZ; empty without a
  /// Terminal, and for start_in() before await_start(). After the end of the process reading fails
  /// with EIO.
  const Fd& terminal() const noexcept;

  /// Readable (POLLIN or POLLHUP) when await_start() does not block.
  int start_fd() const noexcept;

  /// Waits until the program was executed; nullopt: it was, or it was killed before. Takes as long
  /// as the set-up, some milliseconds; but what was started by start_in() can be stopped by root of
  /// the sandbox, so a loop waits for start_fd(), with a time limit.
  /// @throws Error when the sandbox could not be set up, Interrupted when cancelled
  std::optional<ExecFailure> await_start(const CancelToken& cancel);

  /// The id of the process behind fd(), as /proc of the caller shows it; 0 when it has ended.
  pid_t pid() const;

  /// Of a sandbox that is Spec::enterable, borrowed; -1 where it is the caller's own.
  /// @pre await_start()
  int namespace_fd(Namespace kind) const noexcept;

  /// Returns when nothing of the sandbox is left; mount points that had to be made are gone from
  /// `root.upper` then, and what took the place of mounts. A second call returns the same.
  /// @throws Error when the sandbox could not be set up (stage and errno named), Interrupted when
  /// cancelled: it runs on then
  ExitStatus wait(const CancelToken& cancel);

  /// The same without waiting, for a loop that has seen fd() readable. nullopt: it runs; or another
  /// process of the sandbox traces it, and holds its end back (ptrace(2)) until the sandbox ends.
  std::optional<ExitStatus> try_wait();

  /// Of the whole sandbox, as are those that follow; of what start_in() has started, only of it and
  /// its descendants.
  Usage usage() const;

  /// Stops all its processes, and lets them go on: by a control group that can (cgroup.freeze,
  /// freezer.state), else by SIGSTOP and SIGCONT to each: their parents see that, what a process
  /// starts at that very moment can be missed, and what start_in() starts is not stopped. With a
  /// group, what start_in() starts waits, and so does SIGKILL with v1.
  void pause();
  void resume();

  /// Changes the limits that are asked for, of its control groups; others stay as they are.
  /// @throws Error(machine) that names the flag of a limit that no group of it keeps
  void update(const GroupLimits& limits);

  /// Sends a signal to the process (not to its children). SIGKILL ends the whole sandbox. Does
  /// nothing when it has ended. Thread-safe.
  void signal(int number);

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state) noexcept;
  friend Process start(const Workspace& workspace, Spec spec);
  friend Process start_in(const Workspace& workspace, const Process& sandbox, Command command);

  std::unique_ptr<State> state_;
};

/// Waits for the set-up inside only with a Terminal. `workspace` must outlive the Process.
/// @pre `workspace` was entered.  Thread-safe: several may run at once.
/// @throws Error when something cannot be had, or a wish of the spec cannot be kept; as
/// Workspace::require_run()
Process start(const Workspace& workspace, Spec spec);

/// Starts another process in a running sandbox, which start() has started with Spec::enterable: in
/// its namespaces and control groups, confined as its first process is, with the same limits. It is
/// killed when the sandbox ends. Its cwd must exist.
/// With Lifetime::thread it waits until PR_SET_PDEATHSIG is set, which root of the sandbox can hold
/// up.
/// @pre sandbox.await_start().  @throws Error, also when the sandbox has ended
Process start_in(const Workspace& workspace, const Process& sandbox, Command command);

}  // namespace cbuild::sandbox
