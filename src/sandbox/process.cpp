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
#include "src/sandbox/clone.h"
#include "src/sandbox/exit_status.h"
#include "src/sandbox/oom_kills.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/preparation.h"
#include "src/sandbox/reaper.h"
#include "src/sandbox/report.h"
#include "src/sandbox/stubs.h"
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
  /// @pre the init has ended, or was sent SIGKILL
  void reap() noexcept;
  void remove_mount_points() const;
  ExitStatus status() const;

  const WorkspaceFacts& facts;
  Spec spec;
  Preparation preparation;
  OomKills kills;
  Fd pidfd;  ///< of the init
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
    send(SIGKILL, nullptr);
    reap();
    remove_mount_points();
  } catch (const Error&) {  // a destructor cannot report it
  }
}

void Process::State::send(int number, siginfo_t* info) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), number, info, 0) != 0 && errno != ESRCH) {
    throw SysError("send a signal to a process in a sandbox");
  }
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

void Process::State::remove_mount_points() const {
  remove_stubs(spec.root, preparation.report().stubs);
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
    state_->remove_mount_points();
  }
  return state_->status();
}

void Process::signal(int number) {
  if (number == SIGKILL) return state_->send(SIGKILL, nullptr);
  siginfo_t info{};
  info.si_signo = forwarding_signal();
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = number;
  state_->send(info.si_signo, &info);
}

Process start(const Workspace& workspace, Spec spec) {
  const WorkspaceFacts& facts = workspace.facts();
  Process process(std::make_unique<Process::State>(std::move(spec), facts));
  Process::State& state = *process.state_;
  state.pidfd = clone_init(state.preparation.launch(), state.preparation.cgroup());
  if (state.spec.lifetime == Lifetime::thread)
    await_parent_death_signal(state.preparation.report(), state.pidfd);
  if (const Fd channel = state.preparation.end_of_clone()) {
    state.terminal = receive_terminal(channel);
    if (!state.terminal) {
      process.wait(CancelToken());
      throw Error("a sandbox ended before it had its terminal");
    }
  }
  return process;
}

}  // namespace cbuild::sandbox
