// The init of a sandbox; see init.h. Nothing here throws or allocates.
#include "src/sandbox/init.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/descriptors.h"
#include "src/sandbox/landlock.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/mounts.h"
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/program.h"
#include "src/sandbox/reaper.h"
#include "src/sandbox/report.h"
#include "src/sandbox/terminal.h"

namespace cbuild::sandbox {

namespace {

/// Killed when the parent's thread exits, also when the parent died before we could ask for that.
void die_with_parent(const Launch& launch) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  pollfd parent{launch.parent, POLLIN, 0};
  if (::poll(&parent, 1, 0) != 0) ::_exit(127);
  announce_parent_death_signal(*launch.report);
}

/// Before anything else is started, so that all of it is counted.
void join_cgroups(const Launch& launch) noexcept {
  for (const int procs : launch.cgroups) {
    if (::write(procs, "0", 1) != 1) fail(*launch.report, "enter a control group", nullptr);
  }
  if (launch.own_cgroup_view && ::unshare(CLONE_NEWCGROUP) != 0) {
    fail(*launch.report, "make a cgroup namespace", nullptr);
  }
}

void take_cpus(const Launch& launch) noexcept {
  const auto& mask = launch.affinity;
  if (mask.empty()) return;
  if (::syscall(SYS_sched_setaffinity, 0, mask.size() * sizeof mask[0], mask.data()) != 0) {
    fail(*launch.report, "set the CPUs (--cpuset-cpus)", nullptr);
  }
}

void reset_signals() noexcept {
  struct sigaction action {};

  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &action, nullptr);
}

/// Best effort: when memory runs out, the step goes before the rest of the machine.
void offer_to_oom_killer(const std::string& score) noexcept {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  (void)!::write(file.get(), score.data(), score.size());
}

}  // namespace

void run_init(Launch& launch) noexcept {
  Report& report = *launch.report;
  if (launch.spec->lifetime != Lifetime::own) die_with_parent(launch);
  join_cgroups(launch);
  take_cpus(launch);
  reset_signals();
  close_others(launch.kept);
  ::umask(022);
  offer_to_oom_killer(launch.oom_score_adj);
  const std::string& hostname = launch.spec->hostname;
  if (::sethostname(hostname.data(), hostname.size()) != 0) {
    fail(report, "set the host name", hostname.c_str());
  }
  if (const char* failed = enter_network(launch.spec->network)) fail(report, failed, nullptr);
  enter_root(launch);
  if (const auto* terminal = std::get_if<Terminal>(&launch.spec->streams)) {
    launch.streams = open_terminal(launch, *terminal);
  }
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);  // best effort
  if (launch.scoped && !confine_to_scopes()) fail(report, "confine sockets and signals", nullptr);
  // From here on the image's programs run: none of them may open or trace us through /proc/1.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(report, "protect the init", nullptr);
  const pid_t process = start_program(launch);
  if (process < 0) fail(report, "start the process", nullptr);
  close_descriptors(0);
  reap_until_end(process, launch);
  ::_exit(0);  // the kernel kills what is left of the namespace
}

}  // namespace cbuild::sandbox
