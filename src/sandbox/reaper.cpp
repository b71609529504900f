// Waits for children and signals; see reaper.h.
#include "src/sandbox/reaper.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

constexpr timespec kPause{1, 0};
constexpr timespec kShortPause{0, 100'000'000};

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

/// Looks every now and then whether a step is full: three times in a short while, and it is a fork
/// bomb, for the limit is far above what an honest step needs.
class Watch {
 public:
  /// Whether it is time to end the step.
  bool sees_bomb(Launch& launch) noexcept {
    if (!is_past(next_)) return false;
    times_full_ = is_full(launch) ? times_full_ + 1 : 0;
    pause_ = times_full_ == 0 ? kPause : kShortPause;
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

/// Waits for a signal of a child, or one to be passed on, which it passes on. Only from outside:
/// the id of a sender that is not in this pid namespace is 0.
void wait_for_signal(pid_t process, const timespec* pause) noexcept {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, forwarding_signal());
  siginfo_t info{};
  if (::sigtimedwait(&awaited, &info, pause) == forwarding_signal() && info.si_pid == 0) {
    ::kill(process, info.si_value.sival_int);
  }
}

}  // namespace

int forwarding_signal() noexcept {
  return SIGRTMIN;
}

void reap_until_end(pid_t process, Launch& launch) noexcept {
  Watch watch;
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == process) {
      launch.report->wait_status = status;
      launch.report->ended = true;
      return;
    }
    if (pid < 0 && errno != EINTR) return;
    if (launch.watched && watch.sees_bomb(launch)) {
      launch.report->too_many_processes = true;
      return;
    }
    if (pid == 0) wait_for_signal(process, launch.watched ? &watch.pause() : nullptr);
  }
}

}  // namespace cbuild::sandbox
