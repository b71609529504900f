// What an emulated call is answered with: the caller, and what the supervisor knows.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>

#include "cbuild/util/fd.h"
#include "src/sandbox/credential_table.h"
#include "src/sandbox/notifications.h"
#include "src/sandbox/notified_calls.h"
#include "src/sandbox/step_owners.h"
#include "src/sandbox/tracee.h"

namespace cbuild::sandbox {

class Standpoint;

/// What lives as long as the step.
struct Emulation {
  Standpoint& standpoint;
  StepOwners& owners;
  CredentialTable& credentials;
  const Listener& listener;
};

/// One call while it is answered.
struct CallContext {
  const Emulation& emulation;
  const Notification& notification;
  const CallForm& form;
  Tracee tracee;

  /// Counted from the first that is not about the file.
  std::uint64_t argument(int index) const {
    return notification.arguments.at(static_cast<std::size_t>(form.first + index));
  }

  std::uint32_t word(int index) const { return static_cast<std::uint32_t>(argument(index)); }

  /// A user or group id, which may be kKeepId.
  std::uint32_t id(int index) const;

  /// Of a 32-bit program.
  bool is_32_bit() const noexcept;

  /// The call has the old 16-bit ids, or the oldest struct stat.
  bool is_old() const noexcept { return form.old_on_32_bits && is_32_bit(); }

  const EmulatedCredentials& credentials() const {
    return emulation.credentials.of(tracee.thread());
  }

  StepOwners& owners() const noexcept { return emulation.owners; }

  /// Opens a file of the caller with O_PATH; empty when that fails, or the call does not wait any
  /// more: nothing is to be changed then.
  Fd open(const FileName& name) const;
};

inline Reply failing(int code) noexcept {
  return Return{-code};
}

inline Reply succeeding() noexcept {
  return Return{0};
}

/// 0 or an errno as the reply.
inline Reply outcome(int code) noexcept {
  return Return{-code};
}

}  // namespace cbuild::sandbox
