// Network namespaces; see network_namespace.h.
#include "src/sandbox/network_namespace.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

namespace {

bool bring_loopback_up() noexcept {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return false;
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

}  // namespace

bool is_own_network(const Network& network) noexcept {
  return !std::holds_alternative<HostNetwork>(network);
}

const char* enter_network(const Network& network) noexcept {
  if (const auto* join = std::get_if<JoinNetwork>(&network)) {
    return ::setns(join->namespace_fd, CLONE_NEWNET) == 0 ? nullptr : "join a network namespace";
  }
  if (std::holds_alternative<NoNetwork>(network) && !bring_loopback_up()) {
    return "switch the loopback interface on";
  }
  return nullptr;
}

}  // namespace cbuild::sandbox
