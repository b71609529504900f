// getsockopt(2) for SO_PEERCRED: who is at the other end of a socket.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/thread_status.h"

namespace cbuild::sandbox {

namespace {

/// A copy of a descriptor of the caller; empty when there is none.
Fd copy_descriptor(const CallContext& call, int number) {
  const pid_t process =
      status_of(call.emulation.standpoint.proc(), call.tracee.thread()).thread_group;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!pidfd || !call.emulation.listener.is_waiting(call.notification)) return {};
  return Fd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0)));
}

}  // namespace

/// The ids that the other process has now; the kernel's answer would be those that it had when it
/// connected.
Reply answer_getsockopt(const CallContext& call) {
  if (!call.emulation.credentials.has_others_than_root()) return Proceed{};
  const Fd socket = copy_descriptor(call, static_cast<int>(call.word(0)));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.pid <= 0) {
    return Proceed{};
  }
  const EmulatedCredentials& credentials = call.emulation.credentials.of(peer.pid);
  peer.uid = credentials.user.effective;
  peer.gid = credentials.group.effective;
  peer.pid = status_of(call.emulation.standpoint.proc(), peer.pid).inner_number;
  socklen_t room = 0;
  if (!call.tracee.read_value(call.argument(4), room)) return failing(EFAULT);
  size = std::min<socklen_t>(room, sizeof peer);
  const auto bytes = std::as_bytes(std::span(&peer, 1)).first(size);
  if (!call.tracee.write(call.argument(3), bytes) ||
      !call.tracee.write_value(call.argument(4), size)) {
    return failing(EFAULT);
  }
  return succeeding();
}

}  // namespace cbuild::sandbox
