// The protocol of seccomp's user notifications (seccomp_unotify(2)): calls that wait for an answer.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// A system call that waits for its answer.
struct Notification {
  std::uint64_t id;
  pid_t thread;                ///< that made the call, as this process sees it
  std::uint32_t architecture;  ///< AUDIT_ARCH_*
  int number;
  std::array<std::uint64_t, 6> arguments;
};

/// The kernel performs the call.
struct Proceed {};

/// The call returns this; -errno is a failure.
struct Return {
  long value;
};

/// The call returns a new descriptor of the file.
struct ReturnFile {
  Fd file;
  bool close_on_exec;
};

using Reply = std::variant<Proceed, Return, ReturnFile>;

/// Installs a filter in this thread; its notifications come through the result. For the child:
/// neither throws nor allocates. Empty: errno says why.  @pre as install_seccomp()
Fd install_notifications(const std::vector<sock_filter>& program) noexcept;

/// The side that answers.
class Listener {
 public:
  explicit Listener(Fd listener) noexcept;

  /// Readable when a call waits; POLLHUP when no process has the filter any more.
  int fd() const noexcept { return listener_.get(); }

  /// nullopt: its process has ended, or a signal came first.  @throws SysError
  std::optional<Notification> receive() const;

  /// Whether the call still waits. What /proc/TID said before belongs to its thread then, and not
  /// to another one that has got the same number.
  bool is_waiting(const Notification& notification) const noexcept;

  void answer(const Notification& notification, const Reply& reply) const noexcept;

 private:
  void send(const Notification& notification, long value, unsigned flags) const noexcept;

  Fd listener_;
};

}  // namespace cbuild::sandbox
