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
#include "src/sandbox/descendants.h"
#include "src/sandbox/descriptors.h"
#include "src/sandbox/landlock.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/mounts.h"
#include "src/sandbox/namespaces.h"
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/oom_score.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/program.h"
#include "src/sandbox/reaper.h"
#include "src/sandbox/report.h"
#include "src/sandbox/terminal.h"

namespace cbuild::sandbox {

namespace {

/// A program that is executed without an init announces it itself: the kernel forgets the signal
/// when its user changes.
void die_with_parent_of(const Launch& launch) noexcept {
  if (launch.spec->lifetime == Lifetime::own) return;
  die_with_parent(launch, launch.parent);
  if (launch.spec->init) announce_parent_death_signal(*launch.report);
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

void join(const NamespaceChoice& choice, int type, Report& report) noexcept {
  const auto* given = std::get_if<JoinNamespace>(&choice);
  if (given != nullptr && ::setns(given->fd, type) != 0) {
    fail(report, "join a namespace", type == CLONE_NEWIPC ? "of ipc" : "of host names");
  }
}

/// What namespaces give a sandbox, and chroot(2) cannot: a root of its own, a host name, and an
/// init whose end is the end of all.
void isolate(Launch& launch) noexcept {
  Report& report = *launch.report;
  if (launch.chroot) {
    // Without CAP_SYS_ADMIN neither Landlock nor seccomp can be had otherwise.
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
      fail(report, "prepare for chroot", nullptr);
    }
    if (const char* failed = enter_network(launch.spec->network)) fail(report, failed, nullptr);
    return;
  }
  join(launch.spec->ipc, CLONE_NEWIPC, report);
  join(launch.spec->uts, CLONE_NEWUTS, report);
  const std::string& hostname = launch.spec->hostname;
  if (launch.named && ::sethostname(hostname.data(), hostname.size()) != 0) {
    fail(report, "set the host name", hostname.c_str());
  }
  const std::string& domain = launch.spec->domainname;
  if (!domain.empty() && ::setdomainname(domain.data(), domain.size()) != 0) {
    fail(report, "set the domain name", domain.c_str());
  }
  if (const char* failed = enter_network(launch.spec->network)) fail(report, failed, nullptr);
  if (launch.spec->enterable && !send_namespaces(launch.channel)) {
    fail(report, "hand the namespaces over", nullptr);
  }
  enter_root(launch);
}

/// What the first process of a sandbox and one that enters it later do alike, in the root and
/// before the program.
void finish_confinement(Launch& launch) noexcept {
  Report& report = *launch.report;
  if (const auto* terminal = std::get_if<Terminal>(&launch.spec->streams)) {
    launch.streams = open_terminal(launch, *terminal);
  }
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);  // best effort
  const auto confine = [&] {
    return launch.chroot ? confine_to(launch.chroot->scopes) : confine_to_scopes(launch.scopes);
  };
  if (launch.scopes != 0 && !confine()) fail(report, "confine sockets and signals", nullptr);
}

/// Without a pid namespace nobody else ends what is left of the step. When the process that
/// prepared the root was killed, nobody else returns what was moved into it either.
void end_without_namespaces(const Launch& launch, Descendants& descendants, End end) noexcept {
  constexpr int kPatience = 2000;  // ms
  descendants.kill_all();
  if (end == End::process_ended) drain(launch.chroot->streams);
  pollfd parent{launch.parent, POLLIN, 0};
  if (end == End::parent_gone && ::poll(&parent, 1, kPatience) == 1) undo(launch.chroot->undo);
}

}  // namespace

void run_init(Launch& launch) noexcept {
  Report& report = *launch.report;
  die_with_parent_of(launch);
  join_cgroups(launch);
  take_cpus(launch);
  reset_signals();
  close_others(launch.kept);
  ::umask(022);
  if (!launch.chroot) offer_to_oom_killer(launch.oom_score_adj);
  isolate(launch);
  finish_confinement(launch);
  // From here on the image's programs run: none of them may open or trace us through /proc/1.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(report, "protect the init", nullptr);
  if (!launch.spec->init) execute_program(launch);
  const pid_t pump = launch.chroot ? start_pump(launch.chroot->streams) : 0;
  if (pump < 0) fail(report, "start the reader of /dev/stdout", nullptr);
  const pid_t process = start_program(launch);
  if (process < 0) fail(report, "start the process", nullptr);
  if (!launch.chroot) {
    close_descriptors(0);
    reap_until_end(process, launch, nullptr);
    ::_exit(0);  // the kernel kills what is left of the namespace
  }
  close_others(launch.chroot->kept);
  Descendants descendants(launch.scopes != 0);
  const End end = reap_until_end(process, launch, &descendants);
  if (end == End::process_ended && report.ended) finish_pump(pump);
  end_without_namespaces(launch, descendants, end);
  ::_exit(0);
}

void run_entered(Launch& launch) noexcept {
  die_with_parent_of(launch);
  join_cgroups(launch);
  take_cpus(launch);
  reset_signals();
  ::umask(022);
  finish_confinement(launch);
  execute_program(launch);
}

}  // namespace cbuild::sandbox
