// Rules of the control group of a sandbox. Those that need a group of their own say so where this
// machine or user has none.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/util/fs.h"
#include "src/sandbox/cgroup_directories.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/group.h"

namespace cbuild::sandbox {

namespace {

/// From now on clone3(2) is unknown to this process, as in a container with an old seccomp profile.
void hide_clone3() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof filter / sizeof *filter, filter};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(99);
}

/// The exit code of `action` in a process of its own.
template <typename Action>
int in_child(Action&& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(action());
    } catch (const std::exception& error) {
      (void)!::write(STDERR_FILENO, error.what(), strlen(error.what()));
      ::_exit(98);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("all processes of a sandbox are in the given control group, of whichever version") {
  Root root;
  root.spec.argv = {"sh", "-c", "sleep 100 & sleep 100 & wait"};
  for (const char* controller : {"", "pids", "memory"}) {  // "": the unified one, v2
    CAPTURE(controller);
    const auto group = Group::make(controller);
    if (!group) continue;
    root.spec.cgroup_fd = group->fd();
    {
      const Process process = start(workspace(), root.spec);
      for (int i = 0; i < 500 && group->count_processes() != 4; ++i)
        ::usleep(10'000);
      CHECK(group->count_processes() == 4);  // the init, sh, 2 × sleep
    }
    CHECK(group->count_processes() == 0);
  }
}

TEST_CASE("a sandbox needs no clone3(2)") {
  Root root;
  const auto group = Group::make("");
  if (group) root.spec.cgroup_fd = group->fd();
  root.spec.argv = {"sh", "-c", "exit 7"};
  CHECK(in_child([&] {
          hide_clone3();
          return sandbox::run(workspace(), root.spec, nullptr, never()).code;
        }) == 7);
  if (!group) return;
  root.spec.argv = {"sleep", "100"};
  CHECK(in_child([&] {
          hide_clone3();
          const Process process = start(workspace(), root.spec);
          for (int i = 0; i < 500 && group->count_processes() != 2; ++i)
            ::usleep(10'000);
          return group->count_processes() == 2 ? 0 : 1;
        }) == 0);
}

TEST_CASE("a limit of memory is kept or refused by its flag; the end tells limit and peak") {
  Root root;
  constexpr std::uint64_t kLimit = 16 << 20;
  root.spec.group_limits.memory = kLimit;
  std::string refusal;
  ExitStatus killed;
  try {
    // tail keeps a line that does not end.
    killed = root.run({"sh", "-c", "tail /dev/zero; exit 3"}).status;
  } catch (const Error& error) {
    refusal = error.what();
  }
  if (!refusal.empty()) {
    CHECK(refusal.starts_with("--memory cannot be enforced: "));
    MESSAGE(refusal);
    return;
  }
  CHECK(killed.code == 3);
  CHECK(killed.out_of_memory);
  CHECK(killed.memory_limit == kLimit);
  CHECK(killed.memory_peak <= kLimit);
  CHECK(killed.memory_peak >= kLimit - kLimit / 4);
  CHECK(!root.run({"true"}).status.out_of_memory);
}

TEST_CASE("what is no control group is refused") {
  Root root;
  const Fd directory = open_file(root.base, O_PATH | O_DIRECTORY);
  root.spec.cgroup_fd = directory.get();
  CHECK(error_of([&] { root.run({"true"}); }).find("control group") != std::string::npos);
}

TEST_CASE("a process that was killed for want of memory is told as such") {
  Root root;
  const auto group = Group::make("memory");
  if (!group) return;
  constexpr const char* kLimit = "16777216";
  if (!group->write("memory.limit_in_bytes", kLimit) && !group->write("memory.max", kLimit)) {
    MESSAGE("no limit of memory can be set");
    return;
  }
  for (const char* swap : {"memory.memsw.limit_in_bytes", "memory.swap.max"})
    group->write(swap, swap[7] == 'm' ? kLimit : "0");
  root.spec.cgroup_fd = group->fd();
  CHECK(!root.run({"sh", "-c", "exit 137"}).status.out_of_memory);
  // tail keeps a line that does not end.
  const ExitStatus killed = root.run({"sh", "-c", "exec tail /dev/zero"}).status;
  CHECK(killed.out_of_memory);
  CHECK(killed.signal == SIGKILL);
  const ExitStatus child = root.run({"sh", "-c", "tail /dev/zero; exit 3"}).status;
  CHECK(child.out_of_memory);
  CHECK(child.code == 3);
  CHECK(!root.run({"true"}).status.out_of_memory);
}

}  // namespace cbuild::sandbox
