// Waits for children and signals; see reaper.h.
#include "src/sandbox/reaper.h"

#include <sched.h>
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "src/sandbox/descendants.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

constexpr timespec kPause{1, 0};
constexpr timespec kShortPause{0, 100'000'000};  // nobody else bounds a step in a chroot, either

timespec from_now(const timespec& pause) noexcept {
  constexpr long kSecond = 1'000'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_nsec += pause.tv_nsec;
  time.tv_sec += pause.tv_sec + time.tv_nsec / kSecond;
  time.tv_nsec %= kSecond;
  return time;
}

bool is_past(const timespec& time) noexcept {
  const timespec now = from_now({0, 0});
  return now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
}

int probe_main(void*) noexcept {
  ::_exit(0);
}

/// Whether there is no room for another process. A few tries: a fork bomb whose processes end for
/// want of room leaves some now and then.
bool is_full(Launch& launch) noexcept {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    const pid_t pid = ::clone(probe_main, launch.stack.get() + kChildStackSize,
                              CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
    if (pid < 0) return errno == EAGAIN;
  }
  return false;
}

/// Whether the step has as many processes as it may have. sysinfo(2) counts those of the machine,
/// which says at little cost when there is reason to look.
bool has_too_many(const Launch& launch, Descendants& descendants) noexcept {
  struct sysinfo machine {};

  const std::size_t most = launch.chroot->most_processes;
  return ::sysinfo(&machine) == 0 && machine.procs >= most && descendants.are_at_least(most);
}

/// Looks every now and then whether a step is full: three times in a short while, and it is a fork
/// bomb, for the limit is far above what an honest step needs.
class Watch {
 public:
  /// Whether it is time to end the step.
  bool sees_bomb(Launch& launch, Descendants* descendants) noexcept {
    if (!is_past(next_)) return false;
    if (descendants != nullptr && has_too_many(launch, *descendants)) return true;
    times_full_ = is_full(launch) ? times_full_ + 1 : 0;
    const bool is_hurried = times_full_ != 0 || descendants != nullptr;
    pause_ = is_hurried ? kShortPause : kPause;
    next_ = from_now(pause_);
    return times_full_ == kTimes;
  }

  /// The time until the next look.
  const timespec& pause() const noexcept { return pause_; }

 private:
  static constexpr int kTimes = 3;

  int times_full_ = 0;
  timespec pause_ = kPause;
  timespec next_ = from_now(kPause);
};

/// Waits for a signal of a child, or one to be passed on, which it passes on. Only from the parent:
/// the id of a sender that is not in this pid namespace is 0.
/// @return why to end, or process_ended: go on
End wait_for_signal(pid_t process, const Launch& launch, const timespec* pause) noexcept {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, forwarding_signal());
  if (launch.chroot) ::sigaddset(&awaited, SIGTERM);
  siginfo_t info{};
  const int number = ::sigtimedwait(&awaited, &info, pause);
  if (number == SIGTERM) return End::parent_gone;
  const pid_t sender = launch.chroot ? launch.chroot->parent_pid : 0;
  if (number != forwarding_signal() || info.si_pid != sender) return End::process_ended;
  const int passed_on = info.si_value.sival_int;
  if (launch.chroot && passed_on == SIGKILL) return End::killed;
  ::kill(process, passed_on);
  return End::process_ended;
}

void report_end(Report& report, int status) noexcept {
  report.wait_status = status;
  report.ended = true;
}

}  // namespace

int forwarding_signal() noexcept {
  return SIGRTMIN;
}

End reap_until_end(pid_t process, Launch& launch, Descendants* descendants) noexcept {
  Watch watch;
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == process) {
      report_end(*launch.report, status);
      return End::process_ended;
    }
    if (pid < 0 && errno != EINTR) return End::process_ended;
    if (launch.watched && watch.sees_bomb(launch, descendants)) {
      launch.report->too_many_processes = true;
      return End::process_ended;
    }
    if (pid != 0) continue;
    const End end = wait_for_signal(process, launch, launch.watched ? &watch.pause() : nullptr);
    if (end == End::process_ended) continue;
    report_end(*launch.report, SIGKILL);  // as the status of a process that it has ended
    return end;
  }
}

}  // namespace cbuild::sandbox
