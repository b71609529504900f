// What a run needs, made before the clone; see preparation.h.
#include "preparation.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "capabilities.h"
#include "host_view.h"
#include "landlock.h"
#include "launcher.h"
#include "mount_plan.h"
#include "process_limit.h"
#include "seccomp.h"

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

Pipe make_output_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SysError("pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

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

/// Absent where there can be none, if it is no wish of the user's.
std::unique_ptr<PidsCgroup> make_cgroup(const ProcessLimit& limit) {
  std::unique_ptr<PidsCgroup> group = PidsCgroup::make(limit.cgroup);
  if (group) return group;
  const SysError reason("no control group can be made for it");
  if (limit.cgroup_required) {
    throw Error(ErrorKind::machine, "--ulimit nproc={} cannot be kept for root: {}",
                limit.cgroup - 1, reason.what())
        .with_hint(
            "Linux spares root this limit: build as an ordinary user, or where /sys/fs/cgroup has "
            "the pids controller and can be written to");
  }
  log_info("nothing limits the processes of a step: {}", reason.what());
  return nullptr;
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

}  // namespace

SharedReport::SharedReport() : memory_(::memfd_create("report", MFD_CLOEXEC)) {
  if (!memory_ || ::ftruncate(memory_.get(), sizeof(Report)) != 0) throw SysError("memfd_create");
  void* address =
      ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (address == MAP_FAILED) throw SysError("mmap");
  report_ = static_cast<Report*>(address);
}

SharedReport::~SharedReport() {
  ::munmap(report_, sizeof(Report));
}

Preparation::Preparation(const Spec& spec)
    : out(make_output_pipe()),
      err(make_output_pipe()),
      parent_(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))) {
  if (!parent_) throw SysError("pidfd_open");
  launch.spec = &spec;
  const ProcessLimit limit = plan_process_limit(spec.limits, process_facts());
  if (limit.cgroup != 0) cgroup_ = make_cgroup(limit);
  launch.plan = plan_mounts(spec, host_view(), limit.pid_max);
  launch.watched = limit.count != 0;
  launch.cgroup = cgroup_ ? cgroup_->join_fd() : -1;
  launch.own_cgroup_view = host_view().cgroup2;
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

void Preparation::add_mount(const Mount& mount) {
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

}  // namespace cbuild::sandbox
