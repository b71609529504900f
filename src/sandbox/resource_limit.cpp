// Limits of setrlimit(2); see limits.h.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <string>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

namespace {

constexpr auto kNames = std::to_array<ResourceName>({{"core", RLIMIT_CORE},
                                                     {"cpu", RLIMIT_CPU},
                                                     {"data", RLIMIT_DATA},
                                                     {"fsize", RLIMIT_FSIZE},
                                                     {"locks", RLIMIT_LOCKS},
                                                     {"memlock", RLIMIT_MEMLOCK},
                                                     {"msgqueue", RLIMIT_MSGQUEUE},
                                                     {"nice", RLIMIT_NICE},
                                                     {"nofile", RLIMIT_NOFILE},
                                                     {"nproc", RLIMIT_NPROC},
                                                     {"rss", RLIMIT_RSS},
                                                     {"rtprio", RLIMIT_RTPRIO},
                                                     {"rttime", RLIMIT_RTTIME},
                                                     {"sigpending", RLIMIT_SIGPENDING},
                                                     {"stack", RLIMIT_STACK}});

std::string_view name_of(int resource) {
  const auto found = std::ranges::find(kNames, resource, &ResourceName::resource);
  return found == kNames.end() ? "?" : found->name;
}

std::string amount(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

}  // namespace

std::span<const ResourceName> resource_names() noexcept {
  return kNames;
}

void permit_limits(const std::vector<ResourceLimit>& asked) {
  for (const ResourceLimit& limit : asked) {
    const auto resource = static_cast<__rlimit_resource>(limit.resource);
    rlimit ours{};
    if (::getrlimit(resource, &ours) != 0) throw SysError("getrlimit");
    if (limit.hard <= ours.rlim_max) continue;
    const rlimit raised{ours.rlim_cur, limit.hard};
    if (::setrlimit(resource, &raised) == 0) continue;
    throw Error(ErrorKind::machine, "--ulimit {}={}: this process may give {} at most",
                name_of(limit.resource), amount(limit.hard), amount(ours.rlim_max))
        .with_hint(
            "raise the hard limit of whoever starts cbuild (ulimit -H, limits.conf(5), the service "
            "file), or ask for less");
  }
}

}  // namespace cbuild::sandbox
