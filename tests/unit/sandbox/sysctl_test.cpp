// Rules of which sysctls a sandbox may have.
#include "src/sandbox/sysctl.h"

#include <doctest/doctest.h>

namespace cbuild::sandbox {

TEST_CASE("sysctls belong to the network, to ipc, or to nothing that a sandbox has") {
  for (const char* name : {"net.core.somaxconn", "net.ipv4.conf.all.rp_filter"})
    CHECK(namespace_of_sysctl(name) == SysctlNamespace::network);
  for (const char* name : {"kernel.shmmax", "kernel.shm_rmid_forced", "kernel.msgmni", "kernel.sem",
                           "fs.mqueue.queues_max"}) {
    CHECK(namespace_of_sysctl(name) == SysctlNamespace::ipc);
  }
  for (const char* name : {"kernel.shm", "kernel.semaphores", "kernel.hostname", "vm.swappiness",
                           "net", "net.", "net..a", "net.ipv4/../x", "net. x", ""}) {
    CAPTURE(name);
    CHECK(namespace_of_sysctl(name) == SysctlNamespace::none);
  }
}

TEST_CASE("the path of a sysctl has its words as directories") {
  CHECK(sysctl_path("net.core.somaxconn") == "/proc/sys/net/core/somaxconn");
}

}  // namespace cbuild::sandbox
