// The program of a sandbox; see program.h. Nothing here throws or allocates.
#include "src/sandbox/program.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/credential_table.h"
#include "src/sandbox/descriptor_message.h"
#include "src/sandbox/descriptors.h"
#include "src/sandbox/landlock.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/launcher.h"
#include "src/sandbox/notifications.h"
#include "src/sandbox/oom_score.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/report.h"
#include "src/sandbox/seccomp.h"

namespace cbuild::sandbox {

namespace {

/// Never above what this process may have: only a privileged one could raise it.
void set_usual_limit(const ResourceLimit& wanted) noexcept {
  const auto resource = static_cast<__rlimit_resource>(wanted.resource);
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, wanted.hard);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted.soft);
  ::setrlimit(resource, &limit);
}

/// The defaults of a login, not the caller's own limits, and then what was asked for.
void set_limits(const std::vector<ResourceLimit>& asked, Report& report) noexcept {
  for (const ResourceLimit& usual :
       {ResourceLimit{RLIMIT_CORE, 0, 0}, ResourceLimit{RLIMIT_NOFILE, 1024, 524288}}) {
    if (std::ranges::find(asked, usual.resource, &ResourceLimit::resource) == asked.end()) {
      set_usual_limit(usual);
    }
  }
  for (const ResourceLimit& limit : asked) {
    const rlimit exact{limit.soft, limit.hard};
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &exact) != 0) {
      fail(report, "set a resource limit", nullptr);
    }
  }
}

/// Not what a process of a running sandbox may have put in its place.
int open_null(int mode) noexcept {
  Fd null(::open("/dev/null", mode | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));

  struct stat status {};

  if (!null || ::fstat(null.get(), &status) != 0) return -1;
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3) &&
      ::fcntl(null.get(), F_SETFL, mode) == 0) {
    return null.release();
  }
  errno = ENODEV;
  return -1;
}

/// The stream, or /dev/null, at a number above those that are needed: the lowest that is free, for
/// the limit of descriptors may be a low one.
int lift(int fd, int null_mode, int highest_needed) noexcept {
  if (fd < 0) fd = open_null(null_mode);
  return fd < 0 || fd > highest_needed ? fd : ::fcntl(fd, F_DUPFD, highest_needed + 1);
}

/// Descriptors after the streams and the report. They do not survive the execve of the launcher.
constexpr int kLauncher = kLauncherReport + 1;
constexpr int kParent = kLauncher + 1;
constexpr int kSupervision = kParent + 1;

/// 0, 1, 2, the report as 3, the launcher, the parent's pidfd and the channel of the supervisor.
void arrange_descriptors(const Launch& launch) noexcept {
  const auto& [in, out, err] = launch.streams;
  const std::array<int, kSupervision + 1> wanted{
      in, out, err, launch.status, launch.launcher, launch.parent, launch.supervision};
  auto sorted = wanted;
  std::ranges::sort(sorted);
  const auto first = std::ranges::find_if(sorted, [](int fd) { return fd >= 0; });
  close_others({first, sorted.end()});
  // Up first, so that no number is overwritten while it is still needed.
  const int highest = launch.supervision < 0 ? kParent : kSupervision;
  std::array<int, wanted.size()> lifted{};
  for (int number = 0; number <= highest; ++number)
    lifted[number] = lift(wanted[number], number == 0 ? O_RDONLY : O_WRONLY, highest);
  for (int number = 0; number <= highest; ++number) {
    const bool survives = number < kLauncher;
    if (lifted[number] < 0 || ::dup3(lifted[number], number, survives ? 0 : O_CLOEXEC) < 0) {
      fail(*launch.report, "arrange file descriptors", nullptr);
    }
  }
  close_descriptors(static_cast<unsigned>(highest) + 1);
}

/// Hands the supervisor what it needs: the listener and the root. From here on it answers.
void be_supervised(const Launch& launch) noexcept {
  Report& report = *launch.report;
  const Fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root || ::prctl(PR_SET_TIMERSLACK, CredentialTable::kFirstSlack, 0, 0, 0) != 0) {
    fail(report, "prepare for a supervisor", nullptr);
  }
  const Fd listener = install_notifications(*launch.notified);
  if (!listener) fail(report, kInstallingNotifications, nullptr);
  const int sent[] = {listener.get(), root.get()};
  if (!send_descriptors(kSupervision, sent)) fail(report, "reach the supervisor", nullptr);
}

void set_groups(const Launch& launch) noexcept {
  const Spec& spec = *launch.spec;
  Report& report = *launch.report;
  if (::syscall(SYS_setgroups, spec.groups.size(), spec.groups.data()) != 0) {
    fail(report, "set supplementary groups", nullptr);
  }
  // glibc's wrappers would wait for the other threads that the parent had.
  if (::syscall(SYS_setresgid, spec.gid, spec.gid, spec.gid) != 0) {
    fail(report, "set the group id", nullptr);
  }
}

/// mkdir -p. What fails shows in the chdir(2) that follows.
void make_directories(const char* path) noexcept {
  char partial[PATH_MAX];
  for (std::size_t i = 0; i + 1 < sizeof partial; ++i) {
    if (i > 0 && (path[i] == '/' || path[i] == '\0')) {
      partial[i] = '\0';
      ::mkdir(partial, 0755);
    }
    if (path[i] == '\0') return;
    partial[i] = path[i];
  }
}

/// A directory that is there but not beneath the root would let the step out (CVE-2024-21626).
void enter_directory(const Launch& launch) noexcept {
  const char* directory = launch.spec->cwd.c_str();
  if (!launch.is_guest() && ::chdir(directory) != 0 && errno == ENOENT) make_directories(directory);
  if (::chdir(directory) != 0) fail(*launch.report, "enter the working directory", directory);
  char path[PATH_MAX];
  const long size = ::syscall(SYS_getcwd, path, sizeof path);
  if (size < 0 || path[0] != '/') {
    if (size >= 0) errno = ENOENT;
    fail(*launch.report, "enter the working directory", directory);
  }
}

void become_user(const Launch& launch) noexcept {
  const Spec& spec = *launch.spec;
  Report& report = *launch.report;
  if (!limit_capabilities(launch.capabilities)) fail(report, "limit capabilities", nullptr);
  if (!launch.emulated) set_groups(launch);
  if (launch.seccomp != nullptr && !install_seccomp(*launch.seccomp))
    fail(report, "install the system call filter", nullptr);
  if (launch.supervision >= 0) be_supervised(launch);
  if (!launch.emulated && ::syscall(SYS_setresuid, spec.uid, spec.uid, spec.uid) != 0) {
    fail(report, "set the user id", nullptr);
  }
  // Who is not root by emulation only owns all files, and may as much as root.
  if (!set_capabilities(spec.uid == 0 || launch.emulated ? launch.capabilities : 0)) {
    fail(report, "set capabilities", nullptr);
  }
}

/// A change of the user has undone what an init has once and for all: the signal at the end of the
/// parent, and that nobody may trace this process, as far as fs.suid_dumpable says so.
void keep_protection(const Launch& launch) noexcept {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    fail(*launch.report, "protect the process", nullptr);
  }
  if (launch.spec->lifetime == Lifetime::own) return;
  die_with_parent(launch, kParent);
  announce_parent_death_signal(*launch.report);
}

/// The first candidate that is a file which may be executed. Null: errno says what was in the way.
const char* find_executable(const std::vector<std::string>& candidates) noexcept {
  int error = ENOENT;
  for (const std::string& path : candidates) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) error = errno;
    } else if (S_ISDIR(status.st_mode)) {
      if (candidates.size() == 1) error = EISDIR;
    } else if (!S_ISREG(status.st_mode) || ::access(path.c_str(), X_OK) != 0) {
      error = EACCES;
    } else {
      return path.c_str();
    }
  }
  errno = error;
  return nullptr;
}

/// From here on no path leads out of the private copy: the capability to change the root is
/// dropped, and Landlock refuses files that are not beneath it.
void enter_chroot(const ChrootLaunch& chroot, Report& report) noexcept {
  if (::fchdir(chroot.root) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0)
    fail(report, "change the root", nullptr);
  if (chroot.ruleset >= 0 && !confine_to(chroot.ruleset))
    fail(report, "confine files, sockets and signals", nullptr);
}

int program_main(void* launch) noexcept {
  execute_program(*static_cast<Launch*>(launch));
}

}  // namespace

void execute_program(Launch& launch) noexcept {
  if (launch.chroot) {
    offer_to_oom_killer(launch.oom_score_adj);
    enter_chroot(*launch.chroot, *launch.report);
  }
  ::setsid();
  ::umask(022);
  arrange_descriptors(launch);
  const bool has_terminal = std::holds_alternative<Terminal>(launch.spec->streams);
  if (has_terminal && ::ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0) {
    fail(*launch.report, "take the controlling terminal", nullptr);
  }
  // A supervisor needs more descriptors than the step may have.
  const bool supervised = launch.supervision >= 0;
  if (!supervised) set_limits(launch.limits, *launch.report);
  enter_directory(launch);
  become_user(launch);
  if (supervised) set_limits(launch.limits, *launch.report);
  if (!launch.spec->init) keep_protection(launch);
  if (launch.spec->no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    fail(*launch.report, "forbid new privileges", nullptr);
  }
  const char* path = find_executable(launch.candidates);
  if (path != nullptr) {
    launch.report->executed = path;
    launch.argv[0] = const_cast<char*>(path);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::syscall(SYS_execveat, kLauncher, "", launch.argv.data(), launch.env.data(), AT_EMPTY_PATH);
    fail(*launch.report, "execute the launcher", path);
  }
  const int error = errno;
  (void)!::write(kLauncherReport, &error, sizeof error);
  ::_exit(127);
}

/// As vfork: no page table is copied, and init waits until the process has its own program.
pid_t start_program(Launch& launch) noexcept {
  return ::clone(program_main, launch.stack.get() + kChildStackSize,
                 CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
}

}  // namespace cbuild::sandbox
