// Opens and allocates everything before the clone; see preparation.h.
#include "src/sandbox/preparation.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/default_path.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/once.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/chroot_root.h"
#include "src/sandbox/landlock.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/launcher.h"
#include "src/sandbox/limit_plan.h"
#include "src/sandbox/mount_plan.h"
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/notified_calls.h"
#include "src/sandbox/process_limit.h"
#include "src/sandbox/report.h"
#include "src/sandbox/seccomp.h"
#include "src/sandbox/spec_check.h"
#include "src/sandbox/step_cgroup.h"
#include "src/sandbox/stubs.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

namespace {

/// Warns once a process.
void tell_of_chroot_alone() {
  static Once told;
  told.run([] {
    log_warning(
        "nothing but chroot keeps a RUN step in its root file system: this kernel has no Landlock "
        "that can (ABI 2, Linux 5.19)");
  });
}

/// Whether the kernel has Landlock scopes; logs once when it has not.
bool can_scope() {
  static const bool can = [] {
    const bool has = landlock_has_scopes();
    if (!has) {
      log_info(
          "this kernel cannot isolate a step's abstract sockets (Landlock ABI 6, Linux 6.12): a "
          "RUN with the host's network reaches those of the host");
    }
    return has;
  }();
  return can;
}

/// Landlock's, for the init and all that it starts. One that enters later cannot have the same
/// domain, so those of a sandbox that is entered hold off only what namespaces do not.
std::uint64_t scopes_for(const Spec& spec) {
  if (!can_scope()) return 0;
  if (!spec.enterable) return kScopeAbstractUnixSocket | kScopeSignal;
  std::uint64_t scopes = 0;
  if (!is_own_network(spec.network)) scopes |= kScopeAbstractUnixSocket;
  if (std::holds_alternative<CallersNamespace>(spec.pid)) scopes |= kScopeSignal;
  return scopes;
}

/// Reading does not wait: see Preparation::receive_exec_error().
Pipe make_status_pipe() {
  Pipe pipe = make_pipe();
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) throw SysError("fcntl");
  return pipe;
}

/// Before other programs of this machine, when memory runs out.
constexpr int kOomScore = 100;

/// Null where none can be made and the limit is only the usual one.
std::unique_ptr<StepCgroup> make_cgroup(const LimitPlan& plan, const ProcessLimit& processes) {
  try {
    return std::make_unique<StepCgroup>(plan.parents, plan.grouped);
  } catch (const Error& error) {
    GroupLimits usual;
    usual.pids = processes.cgroup;
    if (plan.grouped != usual || processes.cgroup_required) throw;
    log_info("the number of processes of a step is not limited: {}", error.what());
    return nullptr;
  }
}

Channel make_channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw SysError("make a pair of sockets");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

/// cgroup.procs for join_cgroup(), where clone3(2) has no CLONE_INTO_CGROUP.
Fd open_procs(int directory) {
  Fd procs(::openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC));
  if (!procs) throw SysError("open cgroup.procs of a control group");
  return procs;
}

/// Opened here, for a tree of another mount namespace cannot be cloned.
Fd open_bind(const BindMount& mount) {
  constexpr unsigned kFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  Fd tree(::open_tree(mount.source, "", kFlags | AT_RECURSIVE));
  if (!tree) throw SysError("bind-mount on {}", mount.target);
  return tree;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words)
    result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// The paths that a shell would try for the command `name`.
std::vector<std::string> executable_candidates(const std::string& name,
                                               const std::vector<std::string>& env) {
  if (name.find('/') != std::string::npos) return {name};
  std::string path(kDefaultPath);
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

}  // namespace

SharedReport::SharedReport() {
  void* address =
      ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw SysError("mmap");
  report_ = static_cast<Report*>(address);
}

SharedReport::~SharedReport() {
  ::munmap(report_, sizeof(Report));
}

Preparation::Preparation(const Spec& spec, const WorkspaceFacts& facts)
    : launch_(std::make_unique<Launch>()),
      parent_(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))) {
  check_spec(spec, facts);
  if (!parent_) throw SysError("pidfd_open");
  Launch& launch = *launch_;
  launch.spec = &spec;
  ProcessFacts processes = facts.processes;
  if (!std::holds_alternative<OwnNamespace>(spec.pid)) processes.pid_max_is_namespaced = false;
  ProcessLimit limit = plan_process_limit(spec.limits, spec.group_limits.pids, processes);
  if (!spec.init && limit.cgroup != 0) --limit.cgroup;
  if (!spec.init && limit.pid_max != 0) --limit.pid_max;
  join_groups(spec, limit, processes);
  launch.watched = limit.count != 0;
  launch.limits.insert(launch.limits.begin(), spec.limits.begin(), spec.limits.end());
  launch.scopes = scopes_for(spec);
  if (const auto* join = std::get_if<JoinNamespace>(&spec.pid)) {
    launch.entered = {-1, join->fd};
    launch.joins_pid_namespace = true;
  }
  if (facts.isolation == Isolation::chroot) {
    plan_chroot(spec, limit);
  } else {
    plan_namespaces(spec, facts, limit);
  }
  plan_command(spec, facts);
}

Preparation::Preparation(const Spec& spec, const WorkspaceFacts& facts, const Entrance& entrance)
    : launch_(std::make_unique<Launch>()),
      cgroup_(entrance.cgroup),
      parent_(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))) {
  check_command(spec, facts);
  if (!parent_) throw SysError("pidfd_open");
  Launch& launch = *launch_;
  launch.spec = &spec;
  launch.entered = entrance.namespaces;
  launch.affinity = affinity_mask(spec.group_limits.cpus);
  launch.limits = entrance.limits;
  launch.scopes = scopes_for(spec);
  launch.capabilities = kept_capabilities(spec);
  plan_command(spec, facts);
  cgroup_ = {};  // it may outlive the sandbox, whose they are
}

void Preparation::plan_command(const Spec& spec, const WorkspaceFacts& facts) {
  Launch& launch = *launch_;
  launch.oom_score_adj = std::to_string(spec.group_limits.oom_score_adj.value_or(kOomScore));
  launch.candidates = executable_candidates(spec.argv.at(0), spec.env);
  launch.argv = pointers(spec.argv);
  launch.argv.insert(launch.argv.begin(), nullptr);
  launch.env = pointers(spec.env);
  const bool is_among_others = launch.chroot || std::holds_alternative<CallersNamespace>(spec.pid);
  if (spec.seccomp) {
    launch.seccomp = &seccomp_program(spec.is_386 ? Socketcall::allowed : Socketcall::refused,
                                      is_among_others ? Processes::among_others : Processes::apart,
                                      launch.capabilities);
  }
  launch.launcher = launcher().get();
  const auto* given = std::get_if<Descriptors>(&spec.streams);
  if (given != nullptr) launch.streams = *given;
  const bool sends_namespaces = spec.enterable && !launch.is_guest();
  if (given == nullptr || sends_namespaces) channel_ = make_channel();
  launch.channel = channel_.child.get();
  status_ = make_status_pipe();
  launch.status = status_.write.get();
  if (facts.owners_are_recorded) emulate_ids();
  if (!stand_ins().empty()) open_devices_for_it();
  launch.supervision = supervision_.child.get();
  launch.parent = parent_.get();
  launch.report = report_.get();
  note_kept();
  launch.stack = std::make_unique_for_overwrite<std::byte[]>(kChildStackSize);
}

void Preparation::limit_group(const GroupLimits& asked,
                              const ProcessLimit& processes,
                              const ProcessFacts& facts) {
  LimitPlan plan = plan_limits(asked, processes, facts.root_of_machine);
  cgroup_ = {};
  if (!plan.parents.empty()) {
    own_cgroup_ = make_cgroup(plan, processes);
    if (own_cgroup_) cgroup_ = own_cgroup_->target();
  }
  launch_->affinity = affinity_mask(plan.affinity);
  if (plan.rlimit_nproc != 0) {
    launch_->limits.push_back({RLIMIT_NPROC, plan.rlimit_nproc, plan.rlimit_nproc});
  }
}

Preparation::~Preparation() = default;

void Preparation::join_groups(const Spec& spec,
                              const ProcessLimit& limit,
                              const ProcessFacts& facts) {
  if (spec.cgroup_fd < 0) return limit_group(spec.group_limits, limit, facts);
  given_procs_ = open_procs(spec.cgroup_fd);
  cgroup_ = {spec.cgroup_fd, given_procs_.get(), {}, spec.cgroup_fd, {spec.cgroup_fd}};
  launch_->affinity = affinity_mask(spec.group_limits.cpus);
}

void Preparation::plan_namespaces(const Spec& spec,
                                  const WorkspaceFacts& facts,
                                  const ProcessLimit& limit) {
  Launch& launch = *launch_;
  launch.plan = plan_mounts(spec, facts.host, limit.pid_max);
  launch.named = facts.host.host_line.empty() && std::holds_alternative<OwnNamespace>(spec.uts);
  launch.own_cgroup_view = facts.host.cgroup2;
  launch.root = prepare_overlay(spec.root);
  launch.capabilities = kept_capabilities(spec);
  add_mounts(spec);
}

void Preparation::plan_chroot(const Spec& spec, const ProcessLimit& limit) {
  Launch& launch = *launch_;
  chroot_root_ = std::make_unique<ChrootRoot>(spec, report_.get()->stubs);
  if (launch.scopes != 0) scopes_ = landlock_of_scopes();
  ruleset_ = landlock_of_root(chroot_root_->directory().get());
  if (!ruleset_) tell_of_chroot_alone();
  launch.capabilities = kept_capabilities_in_chroot(is_own_network(spec.network));
  launch.own_cgroup_view = false;
  const auto& given = std::get<Descriptors>(spec.streams);  // check_spec() refuses a Terminal
  launch.chroot = ChrootLaunch{.root = chroot_root_->directory().get(),
                               .scopes = scopes_.get(),
                               .ruleset = ruleset_.get(),
                               .parent_pid = ::getpid(),
                               .streams = {{{chroot_root_->fifos().out.get(), given.out},
                                            {chroot_root_->fifos().err.get(), given.err}}},
                               .undo = chroot_root_->undo_list(),
                               .kept = {parent_.get()},
                               .most_processes = static_cast<std::size_t>(limit.count)};
  std::vector<int>& kept = launch.chroot->kept;
  for (const PumpedStream& stream : launch.chroot->streams)
    kept.insert(kept.end(), {stream.fifo, stream.stream});
  for (const ChrootUndo& entry : launch.chroot->undo)
    kept.insert(kept.end(), {entry.thing, entry.parent, entry.origin, entry.aside});
  std::erase_if(kept, [](int fd) { return fd < 0; });
  std::ranges::sort(kept);
}

void Preparation::release_root(const Spec& spec) {
  if (chroot_root_) return chroot_root_->restore();
  remove_stubs(spec.root, report().stubs);
}

const std::vector<ResourceLimit>& Preparation::limits() const noexcept {
  return launch_->limits;
}

StandIns Preparation::stand_ins() const {
  return chroot_root_ ? chroot_root_->stand_ins() : StandIns();
}

void Preparation::open_devices_for_it() {
  launch_->notified = &opening_program();
  supervision_ = make_channel();
  null_device_ = open_file("/dev/null", O_RDONLY);
  if (launch_->streams.in < 0) launch_->streams.in = null_device_.get();
}

/// The owners of what is mounted are set by the Supervisor, too.
void Preparation::emulate_ids() {
  launch_->notified = &notification_program();
  launch_->emulated = true;
  supervision_ = make_channel();
  for (Step& step : launch_->plan) {
    auto* mount = std::get_if<MountStep>(&step);
    if (mount == nullptr) continue;
    if (auto* file = std::get_if<ScratchFile>(&mount->source)) file->uid = file->gid = 0;
    if (auto* filesystem = std::get_if<NewFilesystem>(&mount->source)) {
      std::erase_if(filesystem->options, [](const MountOption& option) {
        return option.first == "uid" || option.first == "gid";
      });
    }
  }
}

void Preparation::note_kept() {
  Launch& launch = *launch_;
  const auto& [in, out, err] = launch.streams;
  const auto* join = std::get_if<JoinNetwork>(&launch.spec->network);
  const int network = join != nullptr ? join->namespace_fd : -1;
  launch.kept = {launch.launcher, launch.parent,  launch.status,      in,     out, err,
                 cgroup_.procs,   launch.channel, launch.supervision, network};
  launch.kept.insert(launch.kept.end(), launch.entered.begin(), launch.entered.end());
  for (const NamespaceChoice* choice : {&launch.spec->ipc, &launch.spec->uts}) {
    if (const auto* joined = std::get_if<JoinNamespace>(choice)) launch.kept.push_back(joined->fd);
  }
  launch.kept.insert(launch.kept.end(), cgroup_.further.begin(), cgroup_.further.end());
  launch.kept.insert(launch.kept.end(), launch.trees.begin(), launch.trees.end());
  if (launch.chroot) {
    launch.kept.insert(launch.kept.end(),
                       {launch.chroot->root, launch.chroot->scopes, launch.chroot->ruleset});
    launch.kept.insert(launch.kept.end(), launch.chroot->kept.begin(), launch.chroot->kept.end());
  }
  std::erase_if(launch.kept, [](int fd) { return fd < 0; });
  std::ranges::sort(launch.kept);
}

Preparation::Channels Preparation::end_of_clone() noexcept {
  channel_.child = Fd();
  supervision_.child = Fd();
  status_.write = Fd();
  return {std::move(channel_.parent), std::move(supervision_.parent)};
}

void Preparation::receive_exec_error() noexcept {
  int error = 0;
  if (::read(status_.read.get(), &error, sizeof error) == sizeof error) {
    report_.get()->exec_error = error;
  }
}

void Preparation::remove_cgroup() noexcept {
  own_cgroup_.reset();
}

void Preparation::abandon_cgroup() noexcept {
  if (own_cgroup_) own_cgroup_->abandon();
}

void Preparation::add_mounts(const Spec& spec) {
  for (const Mount& mount : spec.mounts) {
    Fd tree;
    PreparedOverlay overlay{};
    std::visit(overloaded{[&](const BindMount& bind) { tree = open_bind(bind); },
                          [&](const OverlayBind& bind) { overlay = prepare_overlay(bind.overlay); },
                          [](const TmpfsMount&) {}, [](const MemoryFile&) {}},
               mount);
    launch_->trees.push_back(tree.get());
    launch_->overlays.push_back(std::move(overlay));
    trees_.push_back(std::move(tree));
  }
}

}  // namespace cbuild::sandbox
