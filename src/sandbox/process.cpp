// The parent of a sandbox: prepares, clones, waits, cleans up; see process.h.
#include "cbuild/sandbox/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/sandbox/clone.h"
#include "src/sandbox/exit_status.h"
#include "src/sandbox/oom_kills.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/preparation.h"
#include "src/sandbox/reaper.h"
#include "src/sandbox/report.h"
#include "src/sandbox/supervisor.h"
#include "src/sandbox/terminal.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

struct Process::State {
  State(Spec wanted, const WorkspaceFacts& known)
      : facts(known),
        spec(std::move(wanted)),
        preparation(spec, facts),
        kills(preparation.cgroup().memory, facts.oom_kills) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void send(int number, siginfo_t* info) const;
  /// Has the init pass a signal on.
  void forward(int number) const;
  /// An init without a pid namespace has to live on, to kill what it has started.
  void kill() const;
  /// @pre the init has ended, or was sent SIGKILL
  void reap() noexcept;
  void remove_mount_points();
  void tell_what_is_shown() const;
  ExitStatus status() const;

  const WorkspaceFacts& facts;
  Spec spec;
  Preparation preparation;
  OomKills kills;
  Fd pidfd;  ///< of the init
  std::unique_ptr<Supervisor> supervisor;
  Fd terminal;
  std::optional<siginfo_t> end;  ///< of the init, once it was reaped
  bool memory_ran_out = false;   ///< once it was reaped
  MemoryUse memory_use;          ///< likewise
};

Process::State::~State() {
  if (!pidfd || end) return;
  if (spec.lifetime == Lifetime::own) {
    preparation.abandon_cgroup();
    return;
  }
  try {
    kill();
    reap();
    supervisor.reset();  // it holds the root
    remove_mount_points();
  } catch (const Error&) {  // a destructor cannot report it
  }
}

void Process::State::send(int number, siginfo_t* info) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), number, info, 0) != 0 && errno != ESRCH) {
    throw SysError("send a signal to a process in a sandbox");
  }
}

void Process::State::forward(int number) const {
  siginfo_t info{};
  info.si_signo = forwarding_signal();
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = number;
  send(info.si_signo, &info);
}

void Process::State::kill() const {
  if (facts.isolation == Isolation::chroot) return forward(SIGKILL);
  send(SIGKILL, nullptr);
}

void Process::State::reap() noexcept {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd.get());
  while (::waitid(P_PIDFD, id, &info, WEXITED | __WALL) != 0 && errno == EINTR) {
  }
  end = info;
  memory_ran_out = kills.any();
  if (memory_ran_out) memory_use = read_memory_use(preparation.cgroup().memory);
  preparation.remove_cgroup();
}

void Process::State::remove_mount_points() {
  preparation.release_root(spec);
}

void Process::State::tell_what_is_shown() const {
  if (!preparation.report().shows_host) return;
  facts.host_shown->run([] {
    log_warning(
        "parts of /proc or /sys are masked here, as in a container, so RUN sees those of the "
        "container, with its other processes; docker run --security-opt systempaths=unconfined, "
        "podman run --security-opt unmask=ALL or procMount: Unmasked in Kubernetes gives it its "
        "own");
  });
}

ExitStatus Process::State::status() const {
  ExitStatus status = read_status(spec, preparation.report(), *end, facts.processes.usual);
  const bool was_killed = status.code == 128 + SIGKILL;  // by itself, or as child of a shell
  const bool has_group = preparation.cgroup().memory >= 0;
  status.out_of_memory = memory_ran_out && (has_group || was_killed);
  if (status.out_of_memory && memory_use.limit_reached) {
    status.memory_limit = spec.group_limits.memory;
    status.memory_peak = memory_use.peak;
  }
  return status;
}

Process::Process(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

int Process::fd() const noexcept {
  return state_->pidfd.get();
}

const Fd& Process::terminal() const noexcept {
  return state_->terminal;
}

ExitStatus Process::wait(const CancelToken& cancel) {
  while (!state_->end) {
    std::array<pollfd, 2> polls{{{fd(), POLLIN, 0}, {cancel.fd(), POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    cancel.check();
    if (polls[0].revents == 0) continue;
    state_->reap();
    if (state_->supervisor) state_->supervisor->finish();
    state_->remove_mount_points();
    state_->tell_what_is_shown();
  }
  return state_->status();
}

void Process::signal(int number) {
  number == SIGKILL ? state_->kill() : state_->forward(number);
}

Process start(const Workspace& workspace, Spec spec) {
  workspace.require_run();
  const WorkspaceFacts& facts = workspace.facts();
  Process process(std::make_unique<Process::State>(std::move(spec), facts));
  Process::State& state = *process.state_;
  state.pidfd = clone_init(state.preparation.launch(), state.preparation.cgroup());
  if (state.spec.lifetime == Lifetime::thread)
    await_parent_death_signal(state.preparation.report(), state.pidfd);
  auto [terminal, supervision] = state.preparation.end_of_clone();
  if (supervision) {
    state.supervisor =
        std::make_unique<Supervisor>(state.spec, std::move(supervision), state.pidfd.get(),
                                     state.preparation.stand_ins());
  }
  if (terminal) {
    state.terminal = receive_terminal(terminal);
    if (!state.terminal) {
      process.wait(CancelToken());
      throw Error("a sandbox ended before it had its terminal");
    }
  }
  return process;
}

}  // namespace cbuild::sandbox
