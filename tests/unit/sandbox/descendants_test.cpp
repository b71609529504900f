// Rules of finding and killing descendants where the kernel has no Landlock scopes.
#include "src/sandbox/descendants.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbuild::sandbox {

namespace {

/// Runs `action` in a process that is a subreaper. @return its exit code
template <typename Action>
int in_subreaper(Action&& action) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    ::_exit(action());
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

[[noreturn]] void wait_for_ever() {
  for (;;)
    ::pause();
}

/// A child, and a grandchild whose parent has ended, in a session of its own.
void start_two() {
  if (::fork() == 0) wait_for_ever();
  const pid_t between = ::fork();
  if (between == 0) {
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    wait_for_ever();
  }
  ::waitpid(between, nullptr, 0);
}

}  // namespace

TEST_CASE("descendants are counted, orphans too, and others are not") {
  CHECK(in_subreaper([] {
          Descendants descendants(/*scoped=*/false);
          if (descendants.are_at_least(1)) return 1;
          start_two();
          if (!descendants.are_at_least(2)) return 2;
          if (descendants.are_at_least(3)) return 3;
          descendants.kill_all();
          return 0;
        }) == 0);
}

TEST_CASE("all descendants are killed and reaped, and nobody else") {
  const pid_t bystander = ::fork();
  if (bystander == 0) wait_for_ever();
  CHECK(in_subreaper([] {
          start_two();
          Descendants descendants(/*scoped=*/false);
          descendants.kill_all();
          return ::waitpid(-1, nullptr, WNOHANG) == -1 ? 0 : 1;
        }) == 0);
  CHECK(::waitpid(bystander, nullptr, WNOHANG) == 0);
  ::kill(bystander, SIGKILL);
  ::waitpid(bystander, nullptr, 0);
}

TEST_CASE("a process that is not confined to a domain signals its descendants only") {
  const pid_t bystander = ::fork();
  if (bystander == 0) wait_for_ever();
  CHECK(in_subreaper([] {
          start_two();
          Descendants descendants(/*scoped=*/true);  // a claim that is not true
          descendants.kill_all();
          return 0;
        }) == 0);
  CHECK(::waitpid(bystander, nullptr, WNOHANG) == 0);
  ::kill(bystander, SIGKILL);
  ::waitpid(bystander, nullptr, 0);
}

}  // namespace cbuild::sandbox
