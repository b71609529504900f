// Answers system calls of a step: with one id owners and credentials, by chroot devices.
#pragma once

#include <memory>

#include "src/sandbox/device_opener.h"

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

struct Spec;

/// A thread that answers while the processes of a sandbox live. It ends the sandbox when it cannot
/// go on.
///   - With one id their kernel credentials stay those of root in the namespace; what they see is
///     emulated: ids are those of EmulatedCredentials, and owners of files are records.
///   - By chroot, where no device can be made, it opens those of the machine (DeviceOpener).
class Supervisor {
 public:
  /// @param channel that the step sends its listener and its root through
  /// @param init pidfd of the sandbox's init, to be borrowed until the end
  /// @param stand_ins empty: ids are emulated
  /// `spec` must outlive it.  @throws Error
  Supervisor(const Spec& spec, Fd channel, int init, StandIns stand_ins);

  /// Of a process that enters the sandbox of `first`: has its own credentials, and the same owners.
  Supervisor(const Spec& spec, Fd channel, int process, const Supervisor& first);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// @pre as of finish()
  ~Supervisor();

  /// Ends the thread; the owners of links that were made are in `spec.link_owners` then. A second
  /// call does nothing.
  /// @pre all processes of the sandbox have ended.  @throws Error that ended the sandbox
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cbuild::sandbox
