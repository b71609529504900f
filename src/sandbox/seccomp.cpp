// The system call filter as a BPF program; see seccomp.h.
//
// libseccomp knows the numbers. The program is written here: its filters cannot say "allowed unless
// the low 32 bits of an argument are …" beside a default of refusal, and they take longer to build
// than a RUN takes to start. Layout: one block an architecture, in it a binary search over ranges
// of numbers with the same verdict; a few verdicts look at the arguments first.
#include "src/sandbox/seccomp.h"

#include <asm/ioctls.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <span>

#include "cbuild/util/error.h"
#include "src/sandbox/seccomp_profile.h"

namespace cbuild::sandbox {

namespace {

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arguments are read as on little-endian processors"
#endif

enum class Verdict { enosys, allow, eperm, clone, unshare, personality, socket, ioctl };

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kEperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint32_t kNewTime = 0x80;  // CLONE_NEWTIME; for clone(2) it is part of the signal
constexpr std::uint32_t kPersonalities[] = {PER_LINUX, PER_LINUX32, 0x20000 /* UNAME26 */,
                                            0x20000 | PER_LINUX32, 0xffffffff /* tell only */};
constexpr std::uint32_t kX32Bit = 0x40000000;

void emit(SeccompProgram& program, int code, std::uint32_t value) {
  program.push_back(BPF_STMT(static_cast<std::uint16_t>(code), value));
}

/// The next instruction when the comparison holds, else the one after it.
void emit_unless_skip(SeccompProgram& program, int comparison, std::uint32_t value) {
  program.push_back(
      BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, 0, 1));
}

void emit_return(SeccompProgram& program, std::uint32_t action) {
  emit(program, BPF_RET | BPF_K, action);
}

/// Loads the low half of an argument: all that the kernel looks at for an int.
void load_argument(SeccompProgram& program, std::uint32_t index) {
  emit(program, BPF_LD | BPF_W | BPF_ABS,
       static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)));
}

/// Returns `hit` when the accumulator is one of `values`, else `miss`.
void emit_choice(SeccompProgram& program,
                 std::span<const std::uint32_t> values,
                 std::uint32_t hit,
                 std::uint32_t miss) {
  for (const std::uint32_t value : values) {
    emit_unless_skip(program, BPF_JEQ, value);
    emit_return(program, hit);
  }
  emit_return(program, miss);
}

void emit_verdict(SeccompProgram& program, Verdict verdict) {
  constexpr std::uint32_t kFamilies[] = {AF_ALG, AF_VSOCK};
  constexpr std::uint32_t kTerminalInput[] = {TIOCSTI, TIOCLINUX};
  switch (verdict) {
    case Verdict::allow:
      return emit_return(program, kAllow);
    case Verdict::eperm:
      return emit_return(program, kEperm);
    case Verdict::enosys:
      return emit_return(program, kEnosys);
    case Verdict::clone:
    case Verdict::unshare:
      load_argument(program, 0);
      emit_unless_skip(program, BPF_JSET,
                       verdict == Verdict::clone ? kNewNamespaces : kNewNamespaces | kNewTime);
      emit_return(program, kEperm);
      return emit_return(program, kAllow);
    case Verdict::personality:
      load_argument(program, 0);
      return emit_choice(program, kPersonalities, kAllow, kEperm);
    case Verdict::socket:
      load_argument(program, 0);
      return emit_choice(program, kFamilies, kEperm, kAllow);
    case Verdict::ioctl:
      load_argument(program, 1);
      return emit_choice(program, kTerminalInput, kEperm, kAllow);
  }
}

/// From `first` on, up to the next range, the verdict is this.
struct Range {
  std::uint32_t first;
  Verdict verdict;
};

/// The accumulator holds the number.
void emit_search(SeccompProgram& program, std::span<const Range> ranges) {
  if (ranges.size() == 1) return emit_verdict(program, ranges.front().verdict);
  const auto half = ranges.size() / 2;
  // A conditional jump reaches 255 instructions, an unconditional one everything.
  emit_unless_skip(program, BPF_JGE, ranges[half].first);
  const std::size_t jump = program.size();
  emit(program, BPF_JMP | BPF_JA, 0);
  emit_search(program, ranges.first(half));
  program[jump].k = static_cast<std::uint32_t>(program.size() - jump - 1);
  emit_search(program, ranges.subspan(half));
}

using Verdicts = std::map<std::uint32_t, Verdict>;

Verdicts verdicts_of(std::uint32_t architecture, Socketcall socketcall) {
  Verdicts verdicts;
  const auto set = [&](const char* name, Verdict verdict) {
    const int number = ::seccomp_syscall_resolve_name_arch(architecture, name);
    if (number >= 0) verdicts[static_cast<std::uint32_t>(number)] = verdict;
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
  if (architecture == SCMP_ARCH_X86) {
    allow(split_x86_calls());
    verdicts[kX86Socket] = Verdict::socket;
    verdicts[kX86Socketpair] = Verdict::socket;
    if (socketcall == Socketcall::allowed) set("socketcall", Verdict::allow);
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

struct Architecture {
  std::uint32_t token;
  bool has_x32;
};

std::span<const Architecture> architectures() {
#if defined(__x86_64__)
  static constexpr Architecture kAll[] = {{SCMP_ARCH_X86_64, true}, {SCMP_ARCH_X86, false}};
#elif defined(__aarch64__)
  static constexpr Architecture kAll[] = {{SCMP_ARCH_AARCH64, false}, {SCMP_ARCH_ARM, false}};
#else
#error "no list of architectures for this processor"
#endif
  return kAll;
}

SeccompProgram build(Socketcall socketcall) {
  SeccompProgram program;
  for (const Architecture& architecture : architectures()) {
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    emit_unless_skip(program, BPF_JEQ, architecture.token);
    emit(program, BPF_JMP | BPF_JA, 1);
    const std::size_t jump = program.size();
    emit(program, BPF_JMP | BPF_JA, 0);
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    if (architecture.has_x32) {
      emit_unless_skip(program, BPF_JGE, kX32Bit);
      emit_return(program, kEnosys);
    }
    emit_search(program, ranges_of(verdicts_of(architecture.token, socketcall)));
    program[jump].k = static_cast<std::uint32_t>(program.size() - jump - 1);
  }
  emit_return(program, kEperm);  // an architecture we do not know
  if (program.size() > BPF_MAXINSNS) throw Error("the system call filter is too long");
  return program;
}

}  // namespace

const SeccompProgram& seccomp_program(Socketcall socketcall) {
  if (socketcall == Socketcall::allowed) {
    static const SeccompProgram program = build(Socketcall::allowed);
    return program;
  }
  static const SeccompProgram program = build(Socketcall::refused);
  return program;
}

bool install_seccomp(const SeccompProgram& program) noexcept {
  sock_fprog filter{static_cast<unsigned short>(program.size()),
                    const_cast<sock_filter*>(program.data())};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ||
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

}  // namespace cbuild::sandbox
