// The parent of a run: prepares, clones, passes output on, waits, cleans up.
#include "cbuild/sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "id_map.h"
#include "preparation.h"
#include "process_limit.h"
#include "report.h"
#include "setup_failure.h"
#include "stubs.h"

#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/subordinate_ids.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

/// The init of a sandbox; killed and reaped, and everything in the sandbox with it, unless it was
/// waited for.
class Init {
 public:
  Init(pid_t pid, Fd pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}

  Init(const Init&) = delete;
  Init& operator=(const Init&) = delete;

  ~Init() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// Readable when it has ended.
  int fd() const noexcept { return pidfd_.get(); }

  /// Returns when no process of the sandbox is left: the kernel ends an init after all others.
  void wait() noexcept {
    while (::waitpid(pid_, &status_, __WALL) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  /// Of waitpid(2), after wait().
  int status() const noexcept { return status_; }

 private:
  pid_t pid_;
  Fd pidfd_;
  int status_ = 0;
};

/// All signals are blocked while it lives, so that the child never runs a handler of the parent.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former_);
  }

  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_{};
};

Init start_init(Launch& launch) {
  unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD;
  if (launch.spec->network == Network::none) flags |= CLONE_NEWNET;
  // No exit signal: SIGCHLD and a waitpid(-1) elsewhere in the program are not about it.
  int pidfd = -1;
  const SignalsBlocked blocked;
  const long pid = ::syscall(SYS_clone, flags, nullptr, &pidfd, nullptr, nullptr);
  if (pid == 0) run_init(launch);
  if (pid < 0) {
    const bool limit_reached = errno == ENOSPC;
    SysError error("make namespaces for a process");
    if (limit_reached) error.with_hint("a limit in /proc/sys/user/max_*_namespaces is reached");
    throw error;
  }
  return {static_cast<pid_t>(pid), Fd(pidfd)};
}

/// Passes on what one read(2) of the pipe gives; closes it at its end. False: there is no more now.
bool pass_on(Fd& pipe, Stream stream, const Spec& spec, std::string& buffer) {
  const ssize_t count = ::read(pipe.get(), buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  if (count <= 0) {
    pipe = Fd();
    return false;
  }
  if (spec.output) {
    spec.output(stream, std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
  }
  return true;
}

/// Returns when the sandbox has ended and all it wrote was passed on. A stream gets one read at a
/// time, however fast the step writes: the other stream and a signal have their turn between.
void wait_for_end(Init& init, Preparation& run, const CancelToken& cancel) {
  const Spec& spec = *run.launch.spec;
  std::string buffer(65536, '\0');
  for (bool ended = false; !ended;) {
    std::array<pollfd, 4> polls{{{run.out.read.get(), POLLIN, 0},
                                 {run.err.read.get(), POLLIN, 0},
                                 {init.fd(), POLLIN, 0},
                                 {cancel.fd(), POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    cancel.check();
    if (polls[0].revents != 0) pass_on(run.out.read, Stream::out, spec, buffer);
    if (polls[1].revents != 0) pass_on(run.err.read, Stream::err, spec, buffer);
    ended = polls[2].revents != 0;
  }
  init.wait();
  while (run.out.read && pass_on(run.out.read, Stream::out, spec, buffer))
    cancel.check();
  while (run.err.read && pass_on(run.err.read, Stream::err, spec, buffer))
    cancel.check();
}

/// As a shell reports that a command cannot be executed.
ExitStatus not_executed(const Spec& spec, int error) {
  const bool missing = error == ENOENT;
  if (spec.output) {
    const std::string why = missing ? "not found" : ::strerrordesc_np(error);
    spec.output(Stream::err, fmt::format("{}: {}\n", spec.argv[0], why));
  }
  return {.code = missing ? 127 : 126};
}

/// The init ended, or was ended, before the step did.
ExitStatus lost_init(int status) {
  // By the kernel when memory runs out, or by hand: the step went with it.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    return {.code = 128 + SIGKILL, .signal = SIGKILL};
  }
  if (WIFSIGNALED(status)) {
    throw Error("the init of the sandbox was ended by signal {} (this is a bug in cbuild)",
                WTERMSIG(status));
  }
  throw Error(
      "the init of the sandbox ended with code {} before the step did (this is a bug in "
      "cbuild)",
      WEXITSTATUS(status));
}

ExitStatus read_status(const Spec& spec, const Report& report, int init_status) {
  if (report.error != 0) throw setup_failure(spec, report);
  if (report.exec_error != 0) return not_executed(spec, report.exec_error);
  if (report.too_many_processes) {
    return {.code = 128 + SIGKILL, .signal = SIGKILL, .too_many_processes = process_facts().usual};
  }
  if (!report.ended) return lost_init(init_status);
  const int status = report.wait_status;
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status)};
}

void check_id(std::string_view what, std::uint32_t id, const std::vector<IdRange>& map) {
  if (maps(map, id)) return;
  throw Error("RUN as {} {}: {} ({})", what, id, kOutOfRange, inside_of(map))
      .with_hint(kOutOfRangeHint);
}

/// Ids that nobody has here: setresuid(2) would say "invalid argument", or take -1 for "as it is".
void check_ids(const Spec& spec) {
  static const std::vector<IdRange> uids = parse_id_map(read_file("/proc/self/uid_map"));
  static const std::vector<IdRange> gids = parse_id_map(read_file("/proc/self/gid_map"));
  check_id("user", spec.uid, uids);
  check_id("group", spec.gid, gids);
  for (const std::uint32_t group : spec.groups)
    check_id("group", group, gids);
}

void check_spec(const Spec& spec) {
  if (!in_user_namespace()) throw Error("a sandbox needs the user namespace to be entered first");
  if (spec.argv.empty()) throw Error("there is no command to run");
  check_ids(spec);
  for (const Mount& mount : spec.mounts) {
    const auto& target =
        std::visit([](const auto& m) -> const std::string& { return m.target; }, mount);
    if (target.find_first_not_of("/.") == std::string::npos) {
      throw Error("'{}' cannot be a mount point", target);
    }
  }
}

}  // namespace

ExitStatus run(const Spec& spec, const CancelToken& cancel) {
  check_spec(spec);
  cancel.check();
  Preparation preparation(spec);
  int init_status = 0;
  {
    Init init = start_init(preparation.launch);
    preparation.out.write = Fd();
    preparation.err.write = Fd();
    wait_for_end(init, preparation, cancel);
    init_status = init.status();
  }
  if (!spec.root.upper.empty()) {
    const Fd base = open_directory(spec.root.base);
    remove_stubs(open_at(base.get(), spec.root.upper, O_RDONLY | O_DIRECTORY),
                 preparation.report().stubs);
  }
  return read_status(spec, preparation.report(), init_status);
}

}  // namespace cbuild::sandbox
