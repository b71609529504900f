// Rules of which system calls a supervisor is asked about, checked by interpreting the filter.
#include "src/sandbox/notified_calls.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <string_view>

#include "src/sandbox/architectures.h"
#include "tests/unit/sandbox/bpf_interpreter.h"

namespace cbuild::sandbox {

namespace {

enum class Answer { passes, is_notified, succeeds };

Answer answer_to(std::uint32_t architecture,
                 long number,
                 std::uint64_t first = 0,
                 std::uint64_t second = 0,
                 std::uint64_t third = 0) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  data.args[0] = first;
  data.args[1] = second;
  data.args[2] = third;
  switch (interpret(notification_program(), data)) {
    case SECCOMP_RET_ALLOW:
      return Answer::passes;
    case SECCOMP_RET_USER_NOTIF:
      return Answer::is_notified;
    default:
      return Answer::succeeds;
  }
}

const std::uint32_t kNative = architectures().front().token;

}  // namespace

TEST_CASE("where files stand for devices, all calls that open are notified, and no others") {
  const auto action = [](long number) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = kNative;
    return interpret(opening_program(), data);
  };
  for (const long number : {SYS_openat, SYS_openat2}) {
    CAPTURE(number);
    CHECK(action(number) == SECCOMP_RET_USER_NOTIF);
  }
  for (const long number : {SYS_read, SYS_newfstatat, SYS_getuid, SYS_prctl, SYS_getsockopt}) {
    CAPTURE(number);
    CHECK(action(number) == SECCOMP_RET_ALLOW);
  }
}

TEST_CASE("calls about owners and ids are notified, others pass") {
  for (const long number : {SYS_newfstatat, SYS_fstat, SYS_statx, SYS_fchown, SYS_fchownat,
                            SYS_fchmod, SYS_setuid, SYS_getuid, SYS_setgroups, SYS_execve,
                            SYS_mknodat, SYS_chroot, SYS_capget, SYS_fsetxattr, 452}) {
    CAPTURE(number);
    CHECK(answer_to(kNative, number) == Answer::is_notified);
  }
  for (const long number : {SYS_read, SYS_write, SYS_mmap, SYS_close, SYS_clone, SYS_faccessat,
                            SYS_unlinkat, SYS_renameat2, SYS_fgetxattr}) {
    CAPTURE(number);
    CHECK(answer_to(kNative, number) == Answer::passes);
  }
}

TEST_CASE("a call that only may have to do with them is looked into") {
  CHECK(answer_to(kNative, SYS_openat, 0, 0, O_RDWR | O_TRUNC) == Answer::passes);
  CHECK(answer_to(kNative, SYS_openat, 0, 0, O_RDONLY | O_DIRECTORY) == Answer::passes);
  CHECK(answer_to(kNative, SYS_openat, 0, 0, O_WRONLY | O_CREAT) == Answer::is_notified);
  CHECK(answer_to(kNative, SYS_openat, 0, 0, O_RDWR | O_TMPFILE) == Answer::is_notified);
  CHECK(answer_to(kNative, SYS_prctl, PR_SET_KEEPCAPS) == Answer::is_notified);
  CHECK(answer_to(kNative, SYS_prctl, PR_SET_NAME) == Answer::passes);
  CHECK(answer_to(kNative, SYS_prctl, PR_SET_TIMERSLACK) == Answer::succeeds);
  CHECK(answer_to(kNative, SYS_getsockopt, 0, SOL_SOCKET, SO_PEERCRED) == Answer::is_notified);
  CHECK(answer_to(kNative, SYS_getsockopt, 0, SOL_SOCKET, SO_ERROR) == Answer::passes);
  CHECK(answer_to(kNative, SYS_getsockopt, 0, SOL_SOCKET + 5, SO_PEERCRED) == Answer::passes);
}

TEST_CASE("each notified call is known by its number") {
  for (const Architecture& architecture : architectures()) {
    for (int number = 0; number < 500; ++number) {
      CAPTURE(number);
      const CallForm* form = find_call_form(architecture.token, number);
      const bool is_conditional =
          form != nullptr &&
          (form->call == Call::open || form->call == Call::prctl || form->call == Call::getsockopt);
      if (is_conditional) continue;
      const Answer answer = answer_to(architecture.token, number);
      CHECK((form != nullptr) == (answer == Answer::is_notified));
    }
  }
}

TEST_CASE("calls of an unknown architecture pass: the other filter refuses them") {
  CHECK(answer_to(AUDIT_ARCH_S390X, SYS_setuid) == Answer::passes);
}

TEST_CASE("the calls with 16-bit ids are told from those with 32 bits") {
  const std::uint32_t narrow = architectures().back().token;
  constexpr int kChown32 = 212;  // on x86 and on ARM
  constexpr int kGetuid = 24;
  REQUIRE(find_call_form(narrow, kChown32) != nullptr);
  CHECK(std::string_view(find_call_form(narrow, kChown32)->name) == "chown32");
  CHECK(!find_call_form(narrow, kChown32)->old_on_32_bits);
  CHECK(find_call_form(narrow, kGetuid)->old_on_32_bits);
}

}  // namespace cbuild::sandbox
