// The user and mount namespace that this process works in: owned by one object, entered once.
#pragma once

#include <memory>

#include "cbuild/sandbox/isolation.h"
#include "cbuild/util/once.h"

namespace cbuild {
class CancelToken;
class Progress;
}  // namespace cbuild

namespace cbuild::sandbox {

struct IsolationChoice;
struct WorkspaceFacts;

/// One a process, made where the work begins and handed down. Entered late, only when
/// something must be unpacked or run: it takes some milliseconds. Outlives every Process that is
/// started in it.
class Workspace {
 public:
  explicit Workspace(const CancelToken& cancel, IsolationRequest request = {});
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  /// What the kernel permits of what was asked for, found out by trying, at the first call. A child
  /// tries: this process stays where it is.  Thread-safe.
  /// @throws Error(machine) when the isolation that was asked for is refused
  Isolation isolation() const;

  /// For callers that know of a RUN before they fetch what it needs.  Thread-safe.
  /// @throws Error(machine) when nothing can be run: what refused, and how to mend it
  void require_run() const;

  /// With Isolation::namespaces: moves this process into a user and mount namespace of its own
  /// where it is root: 0 is the caller, 1… are the caller's subordinate ids (newuidmap); for real
  /// root all ids stay what they are. Without subordinate ids 0 is the only one; a warning says
  /// what is missing. From then on this process may mount, chown to all mapped ids and start
  /// sandboxes. Mounts are private and end with the process. Otherwise it stays where it is, and
  /// cannot mount. A second call only resumes the threads of `progress`.
  /// @pre no other thread is alive; `progress` (may be null) is asked to suspend its own meanwhile
  /// @return whether this call has entered it
  /// @throws as isolation(), and when something fails that the trial has not shown
  bool enter(Progress* progress = nullptr, IdsWanted ids = IdsWanted::all);

  bool is_entered() const noexcept { return entered_; }

  /// This process can give no file to another owner: there is one id only, 0, which is the caller,
  /// or it lacks the capabilities. Owners are kept as OwnerRecord and LinkOwners, and processes in
  /// sandboxes have emulated ids.
  /// @throws Error unless it was entered
  bool owners_are_recorded() const;

  /// Facts about this machine that sandboxes need; looked up at the first call. Thread-safe.
  /// @throws Error unless it was entered
  const WorkspaceFacts& facts() const;

 private:
  const IsolationChoice& choice() const;

  const CancelToken& cancel_;
  const IsolationRequest request_;
  mutable Once chosen_;
  mutable std::unique_ptr<const IsolationChoice> choice_;
  bool entered_ = false;
  bool is_root_of_machine_ = false;  ///< id 0 here is root of the machine, not of a container only
  mutable Once looked_up_;
  mutable std::unique_ptr<const WorkspaceFacts> facts_;
};

}  // namespace cbuild::sandbox
