// Rules of finding control groups, and of reading what they count.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "src/sandbox/cgroup_directories.h"
#include "src/sandbox/oom_kills.h"

namespace cbuild::sandbox {

TEST_CASE(
    "the group of this process is where its controller is mounted; in cgroup v2 with those above") {
  struct GroupRow {
    std::string_view controller;
    std::string mountinfo;
    std::string cgroups;
    CgroupVersion version;
    std::vector<std::string> directories;
  };

  constexpr auto kV1 = CgroupVersion::v1;
  constexpr auto kV2 = CgroupVersion::v2;
  const std::string v1 =
      "20 1 0:20 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"
      "21 20 0:21 / /sys/fs/cgroup/pids rw shared:1 - cgroup cgroup rw,pids\n"
      "22 20 0:22 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  const std::string v2 = "20 1 0:20 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
  const std::string of_container =
      "20 1 0:20 /docker/c1 /sys/fs/cgroup/pids rw - cgroup none rw,pids\n";
  const GroupRow rows[] = {
      {"pids", v1, "9:name=systemd:/x\n8:pids:/\n0::/\n", kV1, {"/sys/fs/cgroup/pids"}},
      {"pids", v1, "8:pids:/user.slice/a\n", kV1, {"/sys/fs/cgroup/pids/user.slice/a"}},
      {"pids", v1, "8:cpu:/a\n", kV1, {}},
      {"pids",
       v2,
       "0::/user.slice/user-0.slice/session-1.scope\n",
       kV2,
       {"/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope",
        "/sys/fs/cgroup/user.slice/user-0.slice", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"}},
      {"pids", v2, "0::/\n", kV2, {"/sys/fs/cgroup"}},
      {"pids", of_container, "8:pids:/docker/c1/x\n", kV1, {"/sys/fs/cgroup/pids/x"}},
      {"pids", of_container, "8:pids:/docker/c2\n", kV1, {}},
      {"pids", of_container, "8:pids:/docker/c11\n", kV1, {}},
      {"pids", "", "8:pids:/\n", kV1, {}},
      {"pids", v1, "", kV1, {}},
      {"memory",
       v1,
       "4:memory:/a\n0::/b\n",
       kV2,
       {"/sys/fs/cgroup/unified/b", "/sys/fs/cgroup/unified"}},
      {"memory", v2, "0::/b\n", kV2, {"/sys/fs/cgroup/b", "/sys/fs/cgroup"}},
  };
  for (const GroupRow& row : rows) {
    CAPTURE(row.mountinfo);
    CAPTURE(row.cgroups);
    const auto found = cgroup_directories(row.controller, row.mountinfo, row.cgroups);
    CHECK(found.paths == row.directories);
    CHECK((found.paths.empty() || found.version == row.version));
  }
}

TEST_CASE("events are counted in the files of both versions") {
  const char* v2 = "low 0\nhigh 0\nmax 31\noom 2\noom_kill 3\noom_group_kill 1\n";
  CHECK(parse_event_count(v2, "oom_kill") == 3);
  CHECK(parse_event_count(v2, "oom") == 2);
  CHECK(parse_event_count("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", "oom_kill") == 7);
  CHECK(parse_event_count("oom_kill 1", "oom_kill") == 1);
  for (const char* text : {"", "\n", "oom 5\n", "oom_kill\n", "oom_kill x\n"}) {
    CAPTURE(text);
    CHECK(!parse_event_count(text, "oom_kill").has_value());
  }
}

}  // namespace cbuild::sandbox
