// ioctl(2) on a listener; see notifications.h.
#include "src/sandbox/notifications.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "cbuild/util/error.h"
#include "cbuild/util/overloaded.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)  // Linux 5.19
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)  // Linux 6.6
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace cbuild::sandbox {

Fd install_notifications(const std::vector<sock_filter>& program) noexcept {
  sock_fprog filter{static_cast<unsigned short>(program.size()),
                    const_cast<sock_filter*>(program.data())};
  const auto install = [&](unsigned long flags) {
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter));
  };
  // Once a call was received, only a fatal signal interrupts it: it is not done twice.
  const int listener =
      install(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (listener >= 0 || errno != EINVAL) return Fd(listener);
  return Fd(install(SECCOMP_FILTER_FLAG_NEW_LISTENER));
}

Listener::Listener(Fd listener) noexcept : listener_(std::move(listener)) {
  // Wakes us on the processor of the caller, which is about to sleep; best effort.
  ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

std::optional<Notification> Listener::receive() const {
  seccomp_notif request{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) {
    if (errno == ENOENT || errno == EINTR) return std::nullopt;
    throw SysError("receive a system call of a step");
  }
  Notification notification{.id = request.id,
                            .thread = static_cast<pid_t>(request.pid),
                            .architecture = request.data.arch,
                            .number = request.data.nr,
                            .arguments = {}};
  std::ranges::copy(request.data.args, notification.arguments.begin());
  return notification;
}

bool Listener::is_waiting(const Notification& notification) const noexcept {
  std::uint64_t id = notification.id;
  return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/// That the call does not wait any more is no error.
void Listener::send(const Notification& notification, long value, unsigned flags) const noexcept {
  seccomp_notif_resp response{};
  response.id = notification.id;
  response.flags = flags;
  if (value < 0) {
    response.error = static_cast<int>(value);
  } else {
    response.val = value;
  }
  ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

void Listener::answer(const Notification& notification, const Reply& reply) const noexcept {
  std::visit(overloaded{
                 [&](Proceed) { send(notification, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE); },
                 [&](Return result) { send(notification, result.value, 0); },
                 [&](const ReturnFile& opened) {
                   seccomp_notif_addfd addition{};
                   addition.id = notification.id;
                   addition.flags = SECCOMP_ADDFD_FLAG_SEND;
                   addition.srcfd = static_cast<unsigned>(opened.file.get());
                   addition.newfd_flags = opened.close_on_exec ? O_CLOEXEC : 0;
                   if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &addition) < 0)
                     send(notification, -errno, 0);
                 },
             },
             reply);
}

}  // namespace cbuild::sandbox
