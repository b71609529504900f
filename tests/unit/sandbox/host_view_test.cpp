// Rules of what is found on the host: mount points out of mountinfo.
#include "src/sandbox/host_view.h"

#include <doctest/doctest.h>

namespace cbuild::sandbox {

TEST_CASE("mounts_beneath names the topmost mount points below a directory, once each") {
  const std::string mountinfo =
      "20 1 0:19 / /sys rw,nosuid - sysfs sysfs rw\n"
      "21 20 0:6 / /sys/kernel/debug rw - debugfs debugfs rw\n"
      "22 21 0:12 / /sys/kernel/debug/tracing rw - tracefs tracefs rw\n"
      "23 20 0:25 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro\n"
      "24 23 0:30 / /sys/fs/cgroup/pids rw shared:10 - cgroup cgroup rw,pids\n"
      "25 23 0:30 / /sys/fs/cgroup rw - tmpfs over rw\n"
      "26 20 0:30 / /sys/fs/cgroup-two rw - tmpfs none rw\n"
      "27 20 0:30 / /sys/with\\040blank rw - tmpfs none rw\n"
      "28 1 0:31 / /system rw - tmpfs none rw\n"
      "29 1 0:31 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none rw\n"
      "broken line\n";
  CHECK(mounts_beneath(mountinfo, "/sys") ==
        std::vector<std::string>{"/sys/fs/cgroup", "/sys/fs/cgroup-two", "/sys/kernel/debug",
                                 "/sys/with blank"});
  CHECK(mounts_beneath("", "/sys").empty());
}

}  // namespace cbuild::sandbox
