// The parent of a run: prepares, clones, passes output on, waits, cleans up.
#include "cbuild/sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "capabilities.h"
#include "child.h"
#include "host_view.h"
#include "landlock.h"
#include "launcher.h"
#include "mount_plan.h"
#include "overlay_failure.h"
#include "report.h"
#include "seccomp.h"
#include "stubs.h"

#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_output_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SysError("pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// A Report in memory shared with the child.
class SharedReport {
 public:
  SharedReport() : memory_(::memfd_create("report", MFD_CLOEXEC)) {
    if (!memory_ || ::ftruncate(memory_.get(), sizeof(Report)) != 0) throw SysError("memfd_create");
    void* address =
        ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
    if (address == MAP_FAILED) throw SysError("mmap");
    report_ = static_cast<Report*>(address);
  }

  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;

  ~SharedReport() { ::munmap(report_, sizeof(Report)); }

  int fd() const noexcept { return memory_.get(); }

  Report* get() const noexcept { return report_; }

 private:
  Fd memory_;
  Report* report_ = nullptr;
};

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

/// Told once where the kernel cannot.
bool can_scope() {
  static const bool can = [] {
    const bool has = landlock_has_scopes();
    if (!has) {
      log_info(
          "this kernel cannot confine a step's abstract sockets (landlock ABI 6, Linux 6.12): RUN "
          "with the host's network reaches those of the host");
    }
    return has;
  }();
  return can;
}

/// Opened here, for a tree of another mount namespace cannot be cloned.
Fd open_bind(const BindMount& mount) {
  constexpr unsigned kFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  Fd tree(::open_tree(mount.source, "", kFlags | AT_RECURSIVE));
  if (!tree) throw SysError("bind something on {}", mount.target);
  return tree;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words)
    result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// What a shell would try for the command `name`.
std::vector<std::string> executable_candidates(const std::string& name,
                                               const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) return {name};
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : env) {
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  }
  std::vector<std::string> candidates;
  if (name.empty()) return candidates;
  for (const std::string& directory : split(path, ':')) {
    candidates.push_back((directory.empty() ? "." : directory) + "/" + name);
  }
  return candidates;
}

/// Owns what a Launch borrows.
class Preparation {
 public:
  explicit Preparation(const Spec& spec)
      : out(make_output_pipe()),
        err(make_output_pipe()),
        parent_(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))) {
    if (!parent_) throw SysError("pidfd_open");
    launch.spec = &spec;
    launch.plan = plan_mounts(spec, host_view());
    launch.root = prepare_overlay(spec.root);
    for (const Mount& mount : spec.mounts)
      add_mount(mount);
    launch.candidates = executable_candidates(spec.argv.at(0), spec.env);
    launch.argv = pointers(spec.argv);
    launch.argv.insert(launch.argv.begin(), nullptr);
    launch.env = pointers(spec.env);
    launch.seccomp = &seccomp_program(spec.is_386 ? Socketcall::allowed : Socketcall::refused);
    launch.capabilities = kept_capabilities(spec.network == Network::none);
    launch.scoped = can_scope();
    launch.launcher = launcher().get();
    launch.out = out.write.get();
    launch.err = err.write.get();
    launch.parent = parent_.get();
    launch.report_fd = report_.fd();
    launch.report = report_.get();
    launch.kept = {launch.launcher, launch.out, launch.err, launch.parent, launch.report_fd};
    std::ranges::copy_if(launch.trees, std::back_inserter(launch.kept),
                         [](int fd) { return fd >= 0; });
    std::ranges::sort(launch.kept);
    launch.stack = make_process_stack();
  }

  const Report& report() const noexcept { return *report_.get(); }

  Launch launch{};
  Pipe out;
  Pipe err;

 private:
  void add_mount(const Mount& mount) {
    Fd tree;
    PreparedOverlay overlay{};
    std::visit(overloaded{[&](const BindMount& bind) { tree = open_bind(bind); },
                          [&](const OverlayBind& bind) { overlay = prepare_overlay(bind.overlay); },
                          [](const TmpfsMount&) {}, [](const MemoryFile&) {}},
               mount);
    launch.trees.push_back(tree.get());
    launch.overlays.push_back(std::move(overlay));
    trees_.push_back(std::move(tree));
  }

  std::vector<Fd> trees_;
  Fd parent_;
  SharedReport report_;
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
  if (host_view().cgroup2) flags |= CLONE_NEWCGROUP;
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

/// Only directories can be mounted on directories.
void refuse_mount_point(const Report& report) {
  if (report.doing == nullptr || std::string_view(report.doing) != kMounting ||
      report.subject == nullptr)
    return;
  if (report.error == ENOTDIR) {
    throw Error(ErrorKind::build,
                "cannot mount a directory on {}: the image has a file there, or on the way there",
                report.subject);
  }
  if (report.error == EISDIR) {
    throw Error(ErrorKind::build, "cannot mount a file on {}: the image has a directory there",
                report.subject);
  }
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
  if (report.error != 0) {
    if (std::string_view(report.doing) == kMountingRoot)
      throw overlay_failure(spec.root, report.error);
    refuse_mount_point(report);
    const std::string subject = report.subject != nullptr ? std::string(" ") + report.subject : "";
    throw SysError::from_code(report.error,
                              fmt::format("set up the sandbox: {}{}", report.doing, subject));
  }
  if (report.exec_error != 0) return not_executed(spec, report.exec_error);
  if (!report.ended) return lost_init(init_status);
  const int status = report.wait_status;
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status)};
}

void check_spec(const Spec& spec) {
  if (!in_user_namespace()) throw Error("a sandbox needs the user namespace to be entered first");
  if (spec.argv.empty()) throw Error("there is no command to run");
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
