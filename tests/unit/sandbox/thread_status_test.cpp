// Rules of reading /proc/TID/status.
#include "src/sandbox/thread_status.h"

#include <doctest/doctest.h>

namespace cbuild::sandbox {

TEST_CASE("the lines that are wanted are found among others") {
  const ThreadStatus status = parse_thread_status(
      "Name:\tUmask:\t0777\nUmask:\t0027\nTgid:\t40\nPid:\t41\nNSpid:\t41\t7\t3\n"
      "NoNewPrivs:\t1\nSeccomp:\t2\n");
  CHECK(status.umask == 027);
  CHECK(status.thread_group == 40);
  CHECK(status.inner_number == 3);
  CHECK(status.no_new_privs);
}

TEST_CASE("lines that are missing leave the defaults") {
  const ThreadStatus status = parse_thread_status("Name:\tsh\nNoNewPrivs:\t0\n");
  CHECK(status.umask == 022);
  CHECK(status.inner_number == 0);
  CHECK(!status.no_new_privs);
}

}  // namespace cbuild::sandbox
