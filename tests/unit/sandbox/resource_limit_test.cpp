// Rules of the names of limits, and of those that a process may give.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <set>
#include <string>
#include <string_view>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"
#include "tests/support/errors.h"

namespace cbuild::sandbox {

TEST_CASE("every resource has one name, and all that Linux has are named") {
  std::set<std::string_view> names;
  std::set<int> resources;
  for (const ResourceName& entry : resource_names()) {
    CAPTURE(entry.name);
    CHECK(names.insert(entry.name).second);
    CHECK(resources.insert(entry.resource).second);
  }
  resources.insert(RLIMIT_AS);  // docker has no name for it
  CHECK(resources.size() == RLIM_NLIMITS);
}

TEST_CASE("permit_limits takes what this process has, and leaves its limits alone then") {
  rlimit before{};
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  permit_limits({});
  permit_limits({{RLIMIT_NOFILE, 0, before.rlim_max}, {RLIMIT_NOFILE, 0, 1}});
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_cur);
  CHECK(after.rlim_max == before.rlim_max);
}

TEST_CASE("permit_limits refuses what this process cannot give, by the name of the limit") {
  rlimit ours{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
  // Even root has no more files than the sysctl fs.nr_open.
  try {
    permit_limits({{RLIMIT_CORE, 0, 0}, {RLIMIT_NOFILE, 5, RLIM_INFINITY}});
    FAIL("unlimited files");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::machine);
    CHECK(error.what() == "--ulimit nofile=unlimited: this process may give " +
                              std::to_string(ours.rlim_max) + " at most");
    CHECK(holds(error.hint(), "ulimit -H"));
  }
}

}  // namespace cbuild::sandbox
