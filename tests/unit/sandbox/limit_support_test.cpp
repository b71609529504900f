// Rules of the report about limits, and of checking wishes against this machine.
#include "cbuild/sandbox/limit_support.h"

#include <doctest/doctest.h>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

TEST_CASE("each limit is kept by something, or what is missing is said") {
  std::vector<std::string> flags;
  for (const LimitSupport& support : limit_support()) {
    CAPTURE(support.flag);
    CHECK(support.how.empty() != support.missing.empty());
    flags.push_back(support.flag);
  }
  CHECK(flags == std::vector<std::string>{"--memory", "--memory-swap", "--cpus", "--cpu-quota",
                                          "--cpu-period", "--cpu-shares", "--cpuset-cpus",
                                          "--cpuset-mems", "--pids-limit", "--ulimit",
                                          "--shm-size"});
}

TEST_CASE("a check agrees with the report") {
  check_group_limits({});
  for (const LimitSupport& support : limit_support()) {
    GroupLimits limits;
    if (support.flag == "--memory") limits.memory = 64 << 20;
    if (support.flag == "--cpu-shares") limits.cpu_shares = 512;
    if (limits == GroupLimits{}) continue;
    CAPTURE(support.flag);
    if (support.missing.empty()) {
      CHECK_NOTHROW(check_group_limits(limits));
    } else {
      CHECK_THROWS_AS(check_group_limits(limits), Error);
    }
  }
}

TEST_CASE("CPUs and nodes that are not there are a wrong use") {
  GroupLimits cpus;
  cpus.cpus = {4000};
  GroupLimits nodes;
  nodes.memory_nodes = {4000};
  for (const GroupLimits& limits : {cpus, nodes}) {
    try {
      check_group_limits(limits);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK(std::string(error.what()).find("requested 4000, available 0") != std::string::npos);
    }
  }
}

}  // namespace cbuild::sandbox
