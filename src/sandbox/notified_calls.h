// The system calls that a supervisor answers: their names, arguments, and the filter that notifies.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace cbuild::sandbox {

/// What a call does; several calls do the same.
enum class Call : std::uint8_t {
  stat,
  statx,
  chown,
  chmod,
  open,
  openat2,
  creat,
  mkdir,
  mknod,
  symlink,
  execve,
  chroot,
  set_attribute,
  list_attributes,
  setuid,
  setreuid,
  setresuid,
  setfsuid,
  setgid,
  setregid,
  setresgid,
  setfsgid,
  setgroups,
  getuid,
  geteuid,
  getresuid,
  getgid,
  getegid,
  getresgid,
  getgroups,
  capget,
  capset,
  prctl,
  getsockopt,
  last = getsockopt
};

/// A call by name and where its arguments are. An index of -1: it has no such argument.
struct CallForm {
  const char* name;
  Call call;
  std::int8_t dirfd = -1;    ///< else AT_FDCWD
  std::int8_t path = -1;     ///< else it is the descriptor itself
  std::int8_t flags = -1;    ///< AT_*
  std::int8_t first = 0;     ///< of the arguments that are about something else
  unsigned fixed_flags = 0;  ///< AT_*, of a call without such an argument
  /// On 32-bit architectures the call of this name has ids of 16 bits, or the oldest struct stat.
  bool old_on_32_bits = false;
};

/// Null when the filter does not notify of it.
const CallForm* find_call_form(std::uint32_t architecture, int number);

/// A filter that lets all calls pass and notifies of those above, of open(2) only when it may make
/// a file, of prctl(2) only for PR_SET_KEEPCAPS, of getsockopt(2) only for SO_PEERCRED.
/// PR_SET_TIMERSLACK succeeds without effect, because the timer slack is where the supervisor keeps
/// the credentials of a thread. To be installed beside seccomp_program(), whose refusals win. Built
/// at the first call.  Thread-safe.
const std::vector<sock_filter>& notification_program();

/// A filter that notifies of open(2) and its like, whatever they open. Likewise.
const std::vector<sock_filter>& opening_program();

}  // namespace cbuild::sandbox
