// Rules of the names of capabilities.
#include "cbuild/sandbox/capability_names.h"

#include <doctest/doctest.h>
#include <linux/capability.h>

#include <string>
#include <vector>

namespace cbuild::sandbox {

TEST_CASE("a capability is named with and without its prefix, in any case") {
  struct Row {
    std::string name;
    std::optional<std::uint64_t> expected;
  };

  const Row rows[] = {
      {"CAP_CHOWN", 1},
      {"net_admin", std::uint64_t{1} << CAP_NET_ADMIN},
      {"Cap_Sys_Admin", std::uint64_t{1} << CAP_SYS_ADMIN},
      {"CHECKPOINT_RESTORE", std::uint64_t{1} << CAP_CHECKPOINT_RESTORE},
      {"all", kAllCapabilities},
      {"ALL", kAllCapabilities},
      {"CAP_ALL", std::nullopt},
      {"CAP_CAP_CHOWN", std::nullopt},
      {"CAP_", std::nullopt},
      {"", std::nullopt},
      {"root", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(parse_capability(row.name) == row.expected);
  }
}

TEST_CASE("the default of containers is docker's fourteen") {
  const std::vector<std::string> expected = {
      "CAP_CHOWN",       "CAP_DAC_OVERRIDE", "CAP_FOWNER",
      "CAP_FSETID",      "CAP_KILL",         "CAP_SETGID",
      "CAP_SETUID",      "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE",
      "CAP_NET_RAW",     "CAP_SYS_CHROOT",   "CAP_MKNOD",
      "CAP_AUDIT_WRITE", "CAP_SETFCAP"};
  CHECK(capability_names(kContainerCapabilities) == expected);
  for (const std::string& name : capability_names(kAllCapabilities)) {
    CAPTURE(name);
    CHECK(capability_names(*parse_capability(name)) == std::vector{name});
  }
  CHECK(capability_names(kAllCapabilities).size() == 41);
  CHECK(capability_names(0).empty());
}

}  // namespace cbuild::sandbox
