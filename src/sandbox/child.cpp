// The init of a sandbox and the process it starts; see child.h. Nothing here throws or allocates.
#include "child.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <span>

#include "capabilities.h"
#include "landlock.h"
#include "launcher.h"
#include "mounts.h"
#include "network.h"
#include "reaper.h"

namespace cbuild::sandbox {

namespace {

/// Killed when the parent dies, also when it died before we could ask for that.
void die_with_parent(const Launch& launch) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  pollfd parent{launch.parent, POLLIN, 0};
  if (::poll(&parent, 1, 0) != 0) ::_exit(127);
}

void close_range_of(unsigned first, unsigned last) noexcept {
  if (first <= last) ::syscall(SYS_close_range, first, last, 0);
}

/// A fork has copies of everything that is open in the parent, pipes of other runs among them.
void close_others(std::span<const int> kept) noexcept {
  unsigned next = 0;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > next) close_range_of(next, static_cast<unsigned>(fd) - 1);
    next = static_cast<unsigned>(fd) + 1;
  }
  close_range_of(next, ~0U);
}

/// Before anything else is started, so that all of it is counted.
void join_cgroup(const Launch& launch) noexcept {
  if (launch.cgroup >= 0 && ::write(launch.cgroup, "0", 1) != 1) {
    fail(*launch.report, "enter a control group", nullptr);
  }
  if (launch.own_cgroup_view && ::unshare(CLONE_NEWCGROUP) != 0) {
    fail(*launch.report, "make a cgroup namespace", nullptr);
  }
}

void reset_signals() noexcept {
  struct sigaction action {};

  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &action, nullptr);
}

/// Best effort: when memory runs out, the step goes before the rest of the machine.
void offer_to_oom_killer() noexcept {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  (void)!::write(file.get(), "100", 3);
}

/// Never above what this process may have: only a privileged one could raise it.
void set_usual_limit(const ResourceLimit& wanted) noexcept {
  const auto resource = static_cast<__rlimit_resource>(wanted.resource);
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, wanted.hard);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted.soft);
  ::setrlimit(resource, &limit);
}

/// The defaults of a login, not those of whoever runs the build, and then what was asked for.
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

/// 0, 1, 2, the report as 3, and the launcher, whose new number is returned.
int arrange_descriptors(const Launch& launch) noexcept {
  constexpr int kLauncher = kLauncherReport + 1;
  std::array<int, 4> needed{launch.out, launch.err, launch.report_fd, launch.launcher};
  std::array<int, 4> sorted = needed;
  std::ranges::sort(sorted);
  close_others(sorted);
  // Up first, so that no number is overwritten while it is still needed: the lowest that are free,
  // for the limit of descriptors may be a low one.
  for (int& fd : needed) {
    if (fd <= kLauncher) fd = ::fcntl(fd, F_DUPFD, kLauncher + 1);
    if (fd < 0) fail(*launch.report, "arrange file descriptors", nullptr);
  }
  ::close(STDIN_FILENO);
  const int null = ::open("/dev/null", O_RDONLY);  // takes the lowest number: 0
  if (null != STDIN_FILENO || ::dup2(needed[0], STDOUT_FILENO) < 0 ||
      ::dup2(needed[1], STDERR_FILENO) < 0 || ::dup2(needed[2], kLauncherReport) < 0 ||
      ::dup3(needed[3], kLauncher, O_CLOEXEC) < 0) {
    fail(*launch.report, "arrange file descriptors", nullptr);
  }
  close_range_of(kLauncher + 1, ~0U);
  return kLauncher;
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
  if (::chdir(directory) != 0 && errno == ENOENT) make_directories(directory);
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
  if (::syscall(SYS_setgroups, spec.groups.size(), spec.groups.data()) != 0) {
    fail(report, "set supplementary groups", nullptr);
  }
  // glibc's wrappers would wait for the other threads that the parent had.
  if (::syscall(SYS_setresgid, spec.gid, spec.gid, spec.gid) != 0) {
    fail(report, "set the group id", nullptr);
  }
  if (!install_seccomp(*launch.seccomp)) fail(report, "install the system call filter", nullptr);
  if (::syscall(SYS_setresuid, spec.uid, spec.uid, spec.uid) != 0) {
    fail(report, "set the user id", nullptr);
  }
  if (!set_capabilities(spec.uid == 0 ? launch.capabilities : 0)) {
    fail(report, "set capabilities", nullptr);
  }
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

[[noreturn]] void run_process(Launch& launch) noexcept {
  ::setsid();
  ::umask(022);
  const int program = arrange_descriptors(launch);
  set_limits(launch.spec->limits, *launch.report);
  enter_directory(launch);
  become_user(launch);
  const char* path = find_executable(launch.candidates);
  if (path != nullptr) {
    launch.argv[0] = const_cast<char*>(path);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::syscall(SYS_execveat, program, "", launch.argv.data(), launch.env.data(), AT_EMPTY_PATH);
    fail(*launch.report, "execute the launcher", path);
  }
  launch.report->exec_error = errno;
  ::_exit(127);
}

int process_main(void* launch) noexcept {
  run_process(*static_cast<Launch*>(launch));
}

/// As vfork: no page table is copied, and init waits until the process has its own program.
pid_t start_process(Launch& launch) noexcept {
  return ::clone(process_main, launch.stack.get() + kProcessStackSize,
                 CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
}

}  // namespace

std::unique_ptr<std::byte[]> make_process_stack() {
  return std::make_unique_for_overwrite<std::byte[]>(kProcessStackSize);
}

void run_init(Launch& launch) noexcept {
  Report& report = *launch.report;
  die_with_parent(launch);
  join_cgroup(launch);
  reset_signals();
  close_others(launch.kept);
  ::umask(022);
  offer_to_oom_killer();
  const std::string& hostname = launch.spec->hostname;
  if (::sethostname(hostname.data(), hostname.size()) != 0) {
    fail(report, "set the host name", hostname.c_str());
  }
  if (launch.spec->network == Network::none && !bring_loopback_up()) {
    fail(report, "switch the loopback interface on", nullptr);
  }
  enter_root(launch);
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);  // best effort
  if (launch.scoped && !confine_to_scopes()) fail(report, "confine sockets and signals", nullptr);
  // From here on the image's programs run: none of them may open or trace us through /proc/1.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(report, "protect the init", nullptr);
  const pid_t process = start_process(launch);
  if (process < 0) fail(report, "start the process", nullptr);
  close_range_of(0, ~0U);
  reap_until_end(process, launch);
  ::_exit(0);  // the kernel kills what is left of the namespace
}

}  // namespace cbuild::sandbox
