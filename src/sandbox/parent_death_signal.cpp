// A futex in the shared report; see parent_death_signal.h.
#include "src/sandbox/parent_death_signal.h"

#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cbuild/util/fd.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

void die_with_parent(const Launch& launch, int parent) noexcept {
  // An init without a pid namespace has to end its step by itself.
  ::prctl(PR_SET_PDEATHSIG, launch.chroot ? SIGTERM : SIGKILL, 0, 0, 0);
  pollfd poll{parent, POLLIN, 0};
  if (::poll(&poll, 1, 0) == 0) return;
  if (launch.chroot) undo(launch.chroot->undo);
  ::_exit(127);
}

void announce_parent_death_signal(Report& report) noexcept {
  __atomic_store_n(&report.has_parent_death_signal, 1, __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &report.has_parent_death_signal, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void await_parent_death_signal(const Report& report, int pidfd) noexcept {
  constexpr timespec kPause{0, 50'000'000};
  while (__atomic_load_n(&report.has_parent_death_signal, __ATOMIC_ACQUIRE) == 0) {
    pollfd poll{pidfd, POLLIN, 0};
    if (::poll(&poll, 1, 0) != 0) return;  // killed
    ::syscall(SYS_futex, &report.has_parent_death_signal, FUTEX_WAIT, 0, &kPause, nullptr, 0);
  }
}

}  // namespace cbuild::sandbox
