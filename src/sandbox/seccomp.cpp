// The system call filter as a BPF program; see seccomp.h.
//
// libseccomp knows the numbers. The program is written here: its filters cannot say "allowed unless
// the low 32 bits of an argument are …" beside a default of refusal, and they take longer to build
// than a RUN takes to start. Layout: one block an architecture, in it a binary search over ranges
// of numbers with the same verdict; a few verdicts look at the arguments first.
#include "src/sandbox/seccomp.h"

#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <mutex>
#include <ranges>
#include <span>

#include "cbuild/util/error.h"
#include "src/sandbox/architectures.h"
#include "src/sandbox/bpf_assembler.h"
#include "src/sandbox/seccomp_profile.h"

namespace cbuild::sandbox {

namespace {

enum class Verdict {
  enosys,
  allow,
  eperm,
  clone,
  unshare,
  personality,
  socket,
  ioctl,
  own_process
};

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kEperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint32_t kNewTime = 0x80;  // CLONE_NEWTIME; for clone(2) it is part of the signal
constexpr std::uint32_t kPersonalities[] = {PER_LINUX, PER_LINUX32, 0x20000 /* UNAME26 */,
                                            0x20000 | PER_LINUX32, 0xffffffff /* tell only */};
constexpr std::uint32_t kX32Bit = 0x40000000;

using Label = BpfAssembler::Label;

/// Returns `hit` when the accumulator is one of `values`, else `miss`.
Label write_choice(BpfAssembler& to,
                   std::span<const std::uint32_t> values,
                   std::uint32_t hit,
                   std::uint32_t miss) {
  Label next = to.returning(miss);
  for (const std::uint32_t value : values)
    next = to.jump(BPF_JEQ, value, to.returning(hit), next);
  return next;
}

Label write_verdict(BpfAssembler& to, Verdict verdict) {
  constexpr std::uint32_t kFamilies[] = {AF_ALG, AF_VSOCK};
  constexpr std::uint32_t kTerminalInput[] = {TIOCSTI, TIOCLINUX};
  constexpr std::uint32_t kCaller[] = {0};
  switch (verdict) {
    case Verdict::allow:
      return to.returning(kAllow);
    case Verdict::eperm:
      return to.returning(kEperm);
    case Verdict::enosys:
      return to.returning(kEnosys);
    case Verdict::clone:
    case Verdict::unshare:
      to.jump(BPF_JSET, verdict == Verdict::clone ? kNewNamespaces : kNewNamespaces | kNewTime,
              to.returning(kEperm), to.returning(kAllow));
      return to.load_argument(0);
    case Verdict::personality:
      write_choice(to, kPersonalities, kAllow, kEperm);
      return to.load_argument(0);
    case Verdict::socket:
      write_choice(to, kFamilies, kEperm, kAllow);
      return to.load_argument(0);
    case Verdict::ioctl:
      write_choice(to, kTerminalInput, kEperm, kAllow);
      return to.load_argument(1);
    case Verdict::own_process:
      write_choice(to, kCaller, kAllow, kEperm);
      return to.load_argument(0);
  }
  __builtin_unreachable();
}

/// From `first` on, up to the next range, the verdict is this.
struct Range {
  std::uint32_t first;
  Verdict verdict;
};

/// The accumulator holds the number.
Label write_search(BpfAssembler& to, std::span<const Range> ranges) {
  if (ranges.size() == 1) return write_verdict(to, ranges.front().verdict);
  const auto half = ranges.size() / 2;
  const Label from = write_search(to, ranges.subspan(half));
  const Label below = write_search(to, ranges.first(half));
  return to.jump(BPF_JGE, ranges[half].first, from, below);
}

using Verdicts = std::map<std::uint32_t, Verdict>;

/// What a filter depends on.
struct Wishes {
  Socketcall socketcall;
  Processes processes;
  std::uint64_t capabilities;  ///< those of calls_of_capabilities() alone
  auto operator<=>(const Wishes&) const = default;
};

bool has(std::uint64_t capabilities, int capability) noexcept {
  return (capabilities >> capability & 1) != 0;
}

Verdicts verdicts_of(std::uint32_t architecture, const Wishes& wishes) {
  Verdicts verdicts;
  const auto set = [&](const char* name, Verdict verdict) {
    if (const auto number = call_number(architecture, name)) verdicts[*number] = verdict;
  };
  const auto allow = [&](std::span<const NumberedCall> calls) {
    for (const NumberedCall& call : calls) {
      verdicts[static_cast<std::uint32_t>(call.number)] = Verdict::allow;
    }
  };
  allow(young_allowed_calls());
  for (const char* name : denied_calls())
    set(name, Verdict::eperm);
  for (const char* name : allowed_calls())
    set(name, Verdict::allow);
  set("clone", Verdict::clone);
  set("unshare", Verdict::unshare);
  set("personality", Verdict::personality);
  set("socket", Verdict::socket);
  set("socketpair", Verdict::socket);  // loads the module of a family, even if it has no pairs
  set("ioctl", Verdict::ioctl);
  for (const CapabilityCall& call : calls_of_capabilities()) {
    if (has(wishes.capabilities, call.capability)) set(call.name, Verdict::allow);
  }
  if (has(wishes.capabilities, CAP_SYS_ADMIN)) {
    set("clone", Verdict::allow);
    set("unshare", Verdict::allow);
  }
  if (wishes.processes == Processes::among_others) set("prlimit64", Verdict::own_process);
  if (architecture == AUDIT_ARCH_I386) {
    allow(split_x86_calls());
    verdicts[kX86Socket] = Verdict::socket;
    verdicts[kX86Socketpair] = Verdict::socket;
    if (wishes.socketcall == Socketcall::allowed) set("socketcall", Verdict::allow);
  }
  return verdicts;
}

std::vector<Range> ranges_of(const Verdicts& verdicts) {
  std::vector<Range> ranges{{0, Verdict::enosys}};
  const auto add = [&](std::uint32_t first, Verdict verdict) {
    if (ranges.back().first == first) ranges.back().verdict = verdict;
    if (ranges.back().verdict != verdict) ranges.push_back({first, verdict});
  };
  std::uint32_t next = 0;
  for (const auto& [number, verdict] : verdicts) {
    if (number != next) add(next, Verdict::enosys);
    add(number, verdict);
    next = number + 1;
  }
  add(next, Verdict::enosys);
  return ranges;
}

SeccompProgram build(const Wishes& wishes) {
  BpfAssembler to;
  Label otherwise = to.returning(kEperm);  // an architecture we do not know
  for (const Architecture& architecture : architectures() | std::views::reverse) {
    Label search = write_search(to, ranges_of(verdicts_of(architecture.token, wishes)));
    if (architecture.has_x32) search = to.jump(BPF_JGE, kX32Bit, to.returning(kEnosys), search);
    const Label entry = to.load(offsetof(seccomp_data, nr));
    otherwise = to.jump(BPF_JEQ, architecture.token, entry, otherwise);
  }
  to.load(offsetof(seccomp_data, arch));
  SeccompProgram program = to.finish();
  if (program.size() > BPF_MAXINSNS) throw Error("the system call filter is too long");
  return program;
}

}  // namespace

const SeccompProgram& seccomp_program(Socketcall socketcall, Processes processes) {
  return seccomp_program(socketcall, processes, 0);
}

const SeccompProgram& seccomp_program(Socketcall socketcall,
                                      Processes processes,
                                      std::uint64_t capabilities) {
  static std::mutex mutex;
  static std::map<Wishes, SeccompProgram> programs;  // references stay valid
  std::uint64_t relevant = 0;
  for (const CapabilityCall& call : calls_of_capabilities())
    relevant |= capabilities & std::uint64_t{1} << call.capability;
  const Wishes wishes{socketcall, processes, relevant};
  const std::lock_guard lock(mutex);
  auto found = programs.find(wishes);
  if (found == programs.end()) found = programs.emplace(wishes, build(wishes)).first;
  return found->second;
}

bool install_seccomp(const SeccompProgram& program) noexcept {
  sock_fprog filter{static_cast<unsigned short>(program.size()),
                    const_cast<sock_filter*>(program.data())};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ||
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

}  // namespace cbuild::sandbox
