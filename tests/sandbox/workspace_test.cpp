// Rules of entering a workspace where no ids can be mapped beside the caller's own.
#include <doctest/doctest.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/sandbox/capabilities.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint32_t kNobodysId = 54321;  // no /etc/subuid has a line for it

/// What `action` returns in a process of its own, which is alone.
template <typename Action>
int in_child(Action action) {
  workspace();
  const pid_t child = ::fork();
  if (child == 0) {
    set_log_level(LogLevel::error);
    try {
      ::_exit(action());
    } catch (...) {
      ::_exit(100);
    }
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// 0 when a new workspace has one id, which is root.
int enter_and_look() {
  Workspace entered(never());
  entered.enter();
  if (!entered.owners_are_recorded()) return 1;
  if (::geteuid() != 0 || ::getegid() != 0) return 2;
  return read_file("/proc/self/setgroups") == "deny\n" ? 0 : 3;
}

}  // namespace

TEST_CASE("a user without subordinate ids gets a namespace with one id") {
  CHECK(in_child([] {
          if (::setgroups(0, nullptr) != 0 ||
              ::setresgid(kNobodysId, kNobodysId, kNobodysId) != 0 ||
              ::setresuid(kNobodysId, kNobodysId, kNobodysId) != 0) {
            return 99;
          }
          ::prctl(PR_SET_DUMPABLE, 1);  // as a program that was started by this user
          return enter_and_look();
        }) == 0);
}

TEST_CASE("root that may not map ids maps itself") {
  CHECK(in_child([] {
          const std::uint64_t kept = kept_capabilities(true) | std::uint64_t{1} << CAP_SYS_ADMIN;
          const std::uint64_t mapping = std::uint64_t{1} << CAP_SETUID | std::uint64_t{1}
                                                                             << CAP_SETGID;
          if (!set_capabilities(kept & ~mapping)) return 99;
          return enter_and_look();
        }) == 0);
}

TEST_CASE("where all ids are mapped owners are not recorded") {
  CHECK(!workspace().owners_are_recorded());
}

}  // namespace cbuild::sandbox
