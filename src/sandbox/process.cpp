// The parent of a sandbox: prepares, clones, waits, cleans up; see process.h.
#include "cbuild/sandbox/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/usage.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/sandbox/child.h"
#include "src/sandbox/clone.h"
#include "src/sandbox/descriptor_message.h"
#include "src/sandbox/exit_status.h"
#include "src/sandbox/group_control.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/namespaces.h"
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/oom_kills.h"
#include "src/sandbox/parent_death_signal.h"
#include "src/sandbox/pid_of.h"
#include "src/sandbox/preparation.h"
#include "src/sandbox/process_tree.h"
#include "src/sandbox/reaper.h"
#include "src/sandbox/report.h"
#include "src/sandbox/setup_failure.h"
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

  State(Spec wanted, const WorkspaceFacts& known, const Entrance& entrance)
      : facts(known),
        spec(std::move(wanted)),
        preparation(spec, facts, entrance),
        kills(entrance.cgroup.memory, facts.oom_kills) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// @pre the process was cloned
  /// @param first  of the sandbox that it enters; null = none
  void begin(Fd pidfd, const Supervisor* first);
  void send(int number, siginfo_t* info) const;
  /// Has the init pass a signal on.
  void forward(int number) const;
  /// An init without a pid namespace has to live on, to kill what it has started.
  void kill() const;
  /// What the process sends before it executes the program.
  void receive(Wait wait);
  /// The processes that all others of the sandbox descend from.
  std::vector<pid_t> roots() const;
  /// Once the process was reaped.
  void note_end();
  /// Kills it, and releases what was prepared for it.
  void end_it();
  /// All that wait() does after the end.
  void settle();
  void remove_mount_points();
  void tell_what_is_shown() const;
  ExitStatus status() const;

  const WorkspaceFacts& facts;
  Spec spec;
  Preparation preparation;
  OomKills kills;
  std::shared_ptr<Child> child;  ///< the first process, or the one that has entered
  Fd channel;
  std::unique_ptr<Supervisor> supervisor;
  Fd terminal;
  Namespaces namespaces;  ///< with Spec::enterable, once they were received
  bool has_namespaces = false;
  bool is_paused = false;
  mutable Guests guests;        ///< those of start_in()
  bool is_settled = false;      ///< what was prepared for it is released
  bool memory_ran_out = false;  ///< then
  MemoryUse memory_use;         ///< then
};

Process::State::~State() {
  if (!child || is_settled) return;
  if (spec.lifetime == Lifetime::own) {
    preparation.abandon_cgroup();
    return;
  }
  try {
    end_it();
  } catch (const Error&) {  // a destructor cannot report it
  }
}

void Process::State::end_it() {
  if (is_paused) freeze(preparation.cgroup().all, false);  // v1 kills nothing that is frozen
  kill();
  if (preparation.launch().is_guest()) {
    // What traces it in the sandbox can hold it back; the end of the sandbox reaps it then.
    constexpr int kPatience = 100;  // ms
    reap_within(*child, kPatience);
    return;
  }
  reap(*child, guests.all(), nullptr);
  note_end();
  supervisor.reset();  // it holds the root
  remove_mount_points();
}

void Process::State::begin(Fd pidfd, const Supervisor* first) {
  child = std::make_shared<Child>(std::move(pidfd));
  auto [init, supervision] = preparation.end_of_clone();
  channel = std::move(init);
  if (supervision && first != nullptr) {
    supervisor = std::make_unique<Supervisor>(spec, std::move(supervision), child->fd(), *first);
  } else if (supervision) {
    supervisor = std::make_unique<Supervisor>(spec, std::move(supervision), child->fd(),
                                              preparation.stand_ins());
  }
  if (spec.lifetime == Lifetime::thread)
    await_parent_death_signal(preparation.report(), child->fd());
}

void Process::State::receive(Wait wait) {
  if (!channel) return;
  if (spec.enterable && !has_namespaces && !preparation.launch().is_guest()) {
    auto received = receive_namespaces(channel, wait);
    has_namespaces = received.has_value();
    if (received) namespaces = std::move(*received);
  }
  if (std::holds_alternative<Terminal>(spec.streams) && !terminal)
    terminal = receive_terminal(channel, wait);
}

void Process::State::send(int number, siginfo_t* info) const {
  if (::syscall(SYS_pidfd_send_signal, child->fd(), number, info, 0) != 0 && errno != ESRCH) {
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

std::vector<pid_t> Process::State::roots() const {
  std::vector<pid_t> found{pid_of(child->fd())};
  for (const auto& guest : guests.all())
    found.push_back(pid_of(guest->fd()));
  std::erase(found, 0);  // ended
  return found;
}

void Process::State::note_end() {
  // Nobody else ends what is left of it.
  if (!std::holds_alternative<OwnNamespace>(spec.pid)) kill_all(preparation.cgroup().all);
  preparation.receive_exec_error();
  memory_ran_out = kills.any();
  if (memory_ran_out) memory_use = read_memory_use(preparation.cgroup().memory);
  preparation.remove_cgroup();
}

void Process::State::settle() {
  if (is_settled) return;
  is_settled = true;
  note_end();
  if (supervisor) supervisor->finish();
  remove_mount_points();
  tell_what_is_shown();
}

void Process::State::remove_mount_points() {
  preparation.release_root(spec);
}

void Process::State::tell_what_is_shown() const {
  if (!preparation.report().shows_host || std::holds_alternative<CallersNamespace>(spec.pid))
    return;
  facts.host_shown->run([] {
    log_warning(
        "parts of /proc or /sys are masked here, as in a container, so RUN sees those of the "
        "container, with its other processes; docker run --security-opt systempaths=unconfined, "
        "podman run --security-opt unmask=ALL or procMount: Unmasked in Kubernetes gives it its "
        "own");
  });
}

ExitStatus Process::State::status() const {
  ExitStatus status = read_status(spec, preparation.report(), *child->end(), facts.processes.usual);
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
  return state_->child->fd();
}

const Fd& Process::terminal() const noexcept {
  return state_->terminal;
}

int Process::start_fd() const noexcept {
  return state_->preparation.status().get();
}

std::optional<ExecFailure> Process::await_start(const CancelToken& cancel) {
  std::array<pollfd, 2> polls{{{start_fd(), POLLIN, 0}, {cancel.fd(), POLLIN, 0}}};
  while (polls[0].revents == 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    cancel.check();
  }
  Preparation& preparation = state_->preparation;
  preparation.receive_exec_error();
  if (preparation.report().error != 0) throw setup_failure(state_->spec, preparation.report());
  state_->receive(Wait::no);
  return exec_failure(state_->spec, preparation.report());
}

pid_t Process::pid() const {
  return pid_of(state_->child->fd());
}

int Process::namespace_fd(Namespace kind) const noexcept {
  return state_->namespaces[static_cast<std::size_t>(kind)].get();
}

ExitStatus Process::wait(const CancelToken& cancel) {
  reap(*state_->child, state_->guests.all(), &cancel);
  state_->settle();
  return state_->status();
}

std::optional<ExitStatus> Process::try_wait() {
  for (const auto& guest : state_->guests.all())
    guest->try_reap();
  if (!state_->child->try_reap()) return std::nullopt;
  state_->settle();
  return state_->status();
}

void Process::signal(int number) {
  if (number == SIGKILL) return state_->kill();
  state_->spec.init ? state_->forward(number) : state_->send(number, nullptr);
}

Usage Process::usage() const {
  Usage usage;
  const CountedUsage counted = read_usage(state_->preparation.cgroup().all, usage);
  if (counted.cpu && counted.memory && counted.processes) return usage;
  const auto tick = static_cast<std::uint64_t>(1'000'000'000 / ::sysconf(_SC_CLK_TCK));  // ns
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const ProcessStat& process : process_tree(state_->roots())) {
    if (!counted.cpu) usage.cpu += process.cpu * tick;
    if (!counted.memory) usage.memory += process.resident * page;
    if (!counted.processes) usage.processes += process.threads;
  }
  return usage;
}

void Process::pause() {
  state_->is_paused = true;
  if (!freeze(state_->preparation.cgroup().all, true)) signal_tree(state_->roots(), SIGSTOP);
}

void Process::resume() {
  if (!freeze(state_->preparation.cgroup().all, false)) signal_tree(state_->roots(), SIGCONT);
  state_->is_paused = false;
}

void Process::update(const GroupLimits& limits) {
  change_limits(state_->preparation.cgroup().all, limits);
}

Process start(const Workspace& workspace, Spec spec) {
  workspace.require_run();
  Process process(std::make_unique<Process::State>(std::move(spec), workspace.facts()));
  Process::State& state = *process.state_;
  state.begin(clone_init(state.preparation.launch(), state.preparation.cgroup()), nullptr);
  if (!std::holds_alternative<Terminal>(state.spec.streams)) return process;
  state.receive(Wait::yes);
  if (!state.terminal) {
    process.wait(CancelToken());
    throw Error("a sandbox ended before it had its terminal");
  }
  return process;
}

Process start_in(const Workspace& workspace, const Process& sandbox, Command command) {
  const Process::State& inside = *sandbox.state_;
  if (!inside.has_namespaces)
    throw Error("a sandbox is entered that was not started to be, or has not been awaited");
  if (inside.child->end()) throw Error("the sandbox has ended");
  Spec spec = inside.spec;
  static_cast<Command&>(spec) = std::move(command);
  spec.init = false;
  spec.link_owners = nullptr;
  // Their descriptors were borrowed, and may be others by now.
  spec.mounts.clear();
  spec.pid = spec.ipc = spec.uts = OwnNamespace{};
  if (is_own_network(spec.network)) spec.network = NoNetwork{};
  Entrance entrance{.namespaces = {},
                    .cgroup = inside.preparation.cgroup(),
                    .limits = inside.preparation.limits()};
  for (const Fd& entry : inside.namespaces)
    entrance.namespaces.push_back(entry.get());
  Process process(std::make_unique<Process::State>(std::move(spec), workspace.facts(), entrance));
  Process::State& state = *process.state_;
  state.begin(clone_into(state.preparation.launch(), entrance.cgroup), inside.supervisor.get());
  inside.guests.add(state.child);
  return process;
}

}  // namespace cbuild::sandbox
