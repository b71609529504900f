// Rules of the system call filter, checked by interpreting its program.
#include "src/sandbox/seccomp.h"

#include <asm/ioctls.h>
#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tests/unit/sandbox/bpf_interpreter.h"

namespace cbuild::sandbox {

namespace {

constexpr int kAllowed = 0;

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#endif

/// 0 when the call is allowed, else its errno.
int verdict(std::uint32_t architecture,
            long number,
            std::uint64_t first = 0,
            std::uint64_t second = 0,
            Socketcall socketcall = Socketcall::refused,
            Processes processes = Processes::apart) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  data.args[0] = first;
  data.args[1] = second;
  const std::uint32_t action = interpret(seccomp_program(socketcall, processes), data);
  if (action == SECCOMP_RET_ALLOW) return kAllowed;
  REQUIRE((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
  return static_cast<int>(action & SECCOMP_RET_DATA);
}

struct Row {
  long number;
  std::uint64_t first;
  std::uint64_t second;
  int expected;
};

constexpr std::uint64_t kHigh = std::uint64_t{1} << 32;  // the kernel does not look there

}  // namespace

TEST_CASE("calls that need a capability pass for who has it") {
  const auto verdict_with = [](long number, std::uint64_t first, int capability) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = kNative;
    data.args[0] = first;
    return interpret(
        seccomp_program(Socketcall::refused, Processes::apart, std::uint64_t{1} << capability),
        data);
  };
  for (const long number : {SYS_mount, SYS_setns, SYS_fsopen}) {
    CHECK(verdict_with(number, 0, CAP_SYS_ADMIN) == SECCOMP_RET_ALLOW);
    CHECK(verdict_with(number, 0, CAP_NET_ADMIN) == (SECCOMP_RET_ERRNO | EPERM));
  }
  CHECK(verdict_with(SYS_unshare, CLONE_NEWUSER, CAP_SYS_ADMIN) == SECCOMP_RET_ALLOW);
  CHECK(verdict_with(SYS_unshare, CLONE_NEWUSER, CAP_CHOWN) == (SECCOMP_RET_ERRNO | EPERM));
  CHECK(verdict_with(SYS_syslog, 0, CAP_SYSLOG) == SECCOMP_RET_ALLOW);
  CHECK(verdict_with(SYS_keyctl, 0, CAP_SYS_ADMIN) == (SECCOMP_RET_ERRNO | EPERM));
  CHECK(verdict_with(SYS_init_module, 0, CAP_SYS_MODULE) == (SECCOMP_RET_ERRNO | EPERM));
}

TEST_CASE("the filter lets ordinary calls pass and refuses what reaches out") {
  const Row rows[] = {
      {SYS_read, 0, 0, kAllowed},
      {SYS_execve, 0, 0, kAllowed},
      {SYS_exit_group, 0, 0, kAllowed},
      {SYS_faccessat2, 0, 0, kAllowed},
      {SYS_chroot, 0, 0, kAllowed},
      {SYS_mount, 0, 0, EPERM},
      {SYS_umount2, 0, 0, EPERM},
      {SYS_pivot_root, 0, 0, EPERM},
      {SYS_open_tree, 0, 0, EPERM},
      {SYS_move_mount, 0, 0, EPERM},
      {SYS_fsopen, 0, 0, EPERM},
      {SYS_mount_setattr, 0, 0, EPERM},
      {SYS_setns, 0, 0, EPERM},
      {SYS_bpf, 0, 0, EPERM},
      {SYS_perf_event_open, 0, 0, EPERM},
      {SYS_userfaultfd, 0, 0, EPERM},
      {SYS_keyctl, 0, 0, EPERM},
      {SYS_add_key, 0, 0, EPERM},
      {SYS_request_key, 0, 0, EPERM},
      {SYS_open_by_handle_at, 0, 0, EPERM},
      {SYS_init_module, 0, 0, EPERM},
      {SYS_kexec_load, 0, 0, EPERM},
      {SYS_clock_settime, 0, 0, EPERM},
      {SYS_clone3, 0, 0, ENOSYS},
      {SYS_io_uring_setup, 0, 0, ENOSYS},
      {SYS_io_uring_enter, 0, 0, ENOSYS},
      {SYS_io_uring_register, 0, 0, ENOSYS},
      {452, 0, 0, kAllowed},  // fchmodat2
      {5000, 0, 0, ENOSYS},
  };
  for (const Row& row : rows) {
    CAPTURE(row.number);
    CHECK(verdict(kNative, row.number, row.first, row.second) == row.expected);
  }
}

TEST_CASE("the filter looks at those halves of arguments that the kernel looks at") {
  const Row rows[] = {
      {SYS_clone, SIGCHLD | CLONE_VM, 0, kAllowed},
      {SYS_clone, CLONE_NEWUSER, 0, EPERM},
      {SYS_clone, CLONE_NEWNS | SIGCHLD, 0, EPERM},
      {SYS_clone, CLONE_NEWNET | kHigh, 0, EPERM},
      {SYS_unshare, CLONE_FS, 0, kAllowed},
      {SYS_unshare, CLONE_NEWUSER, 0, EPERM},
      {SYS_unshare, 0x80 /* CLONE_NEWTIME */, 0, EPERM},
      {SYS_socket, AF_UNIX, 0, kAllowed},
      {SYS_socket, AF_INET6, 0, kAllowed},
      {SYS_socket, AF_ALG, 0, EPERM},
      {SYS_socket, AF_ALG | kHigh, 0, EPERM},
      {SYS_socket, AF_VSOCK, 0, EPERM},
      {SYS_socket, AF_ALG + 1, 0, kAllowed},
      {SYS_socketpair, AF_UNIX, 0, kAllowed},
      {SYS_socketpair, AF_ALG, 0, EPERM},
      {SYS_ioctl, 0, TCGETS, kAllowed},
      {SYS_ioctl, 0, TIOCSTI, EPERM},
      {SYS_ioctl, 0, TIOCSTI | kHigh, EPERM},
      {SYS_ioctl, 0, TIOCLINUX, EPERM},
      {SYS_personality, 0, 0, kAllowed},
      {SYS_personality, 8, 0, kAllowed},
      {SYS_personality, 0xffffffff, 0, kAllowed},
      {SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */, 0, EPERM},
  };
  for (const Row& row : rows) {
    CAPTURE(row.number);
    CAPTURE(row.first);
    CAPTURE(row.second);
    CHECK(verdict(kNative, row.number, row.first, row.second) == row.expected);
  }
}

#if defined(__x86_64__)
TEST_CASE("the filter knows the numbers of 32-bit programs and refuses x32") {
  const Row rows[] = {
      {3, 0, 0, kAllowed},             // read
      {120, CLONE_NEWUSER, 0, EPERM},  // clone
      {310, CLONE_NEWUSER, 0, EPERM},  // unshare
      {21, 0, 0, EPERM},               // mount
      {288, 0, 0, EPERM},              // keyctl
      {359, AF_ALG, 0, EPERM},         // socket
      {359, AF_UNIX, 0, kAllowed},
      {360, AF_VSOCK, 0, EPERM},  // socketpair
      {102, 0, 0, ENOSYS},        // socketcall
      {362, 0, 0, kAllowed},      // connect
      {397, 0, 0, kAllowed},      // shmat
      {403, 0, 0, kAllowed},      // clock_gettime64
      {54, 0, TIOCSTI, EPERM},
      {435, 0, 0, ENOSYS},  // clone3
      {425, 0, 0, ENOSYS},  // io_uring_setup
  };
  for (const Row& row : rows) {
    CAPTURE(row.number);
    CAPTURE(row.first);
    CHECK(verdict(AUDIT_ARCH_I386, row.number, row.first, row.second) == row.expected);
  }
  CHECK(verdict(AUDIT_ARCH_I386, 102, 0, 0, Socketcall::allowed) == kAllowed);
  CHECK(verdict(AUDIT_ARCH_I386, 359, AF_VSOCK, 0, Socketcall::allowed) == EPERM);
  CHECK(verdict(AUDIT_ARCH_X86_64, 0x40000000 + SYS_read) != kAllowed);
  CHECK(verdict(AUDIT_ARCH_X86_64, 0x40000000 + SYS_ptrace) != kAllowed);
}

TEST_CASE("what is refused to 64-bit programs is refused to 32-bit ones") {
  constexpr int kLastNumber = 500;
  for (const Socketcall socketcall : {Socketcall::refused, Socketcall::allowed}) {
    for (int number = 0; number <= kLastNumber; ++number) {
      char* const name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, number);
      const int native =
          name == nullptr ? -1 : ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
      CAPTURE(number);
      CAPTURE(std::string(name == nullptr ? "" : name));
      if (native >= 0) {
        for (const std::uint64_t argument : {0UL, 1UL, 38UL /* AF_ALG */, 40UL, 0x10000000UL}) {
          CHECK(verdict(AUDIT_ARCH_I386, number, argument, argument, socketcall) ==
                verdict(AUDIT_ARCH_X86_64, native, argument, argument));
        }
      }
      ::free(name);
    }
  }
}
#endif

TEST_CASE("without a pid namespace limits are set for the caller only") {
  const auto among_others = [](std::uint64_t pid) {
    return verdict(kNative, SYS_prlimit64, pid, 0, Socketcall::refused, Processes::among_others);
  };
  CHECK(among_others(0) == kAllowed);
  CHECK(among_others(1) == EPERM);
  CHECK(among_others(0xffffffff00000000) == kAllowed);  // the kernel reads an int
  CHECK(verdict(kNative, SYS_prlimit64, 1) == kAllowed);
}

TEST_CASE("the filter refuses every call of an architecture that it does not know") {
  CHECK(verdict(AUDIT_ARCH_S390X, SYS_read) == EPERM);
}

}  // namespace cbuild::sandbox
