// Writes /etc/hosts; see hosts_file.h.
#include "src/ops/hosts_file.h"

#include <fmt/core.h>

#include "cbuild/ops/run_settings.h"

namespace cbuild::ops {

std::string hosts_file(const std::string& hostname,
                       const std::vector<HostEntry>& entries,
                       const std::string& gateway) {
  std::string text =
      fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n", hostname);
  for (const HostEntry& entry : entries) {
    text += fmt::format("{}\t{}\n", entry.address == kHostGateway ? gateway : entry.address,
                        entry.name);
  }
  return text;
}

}  // namespace cbuild::ops
