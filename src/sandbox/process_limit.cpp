// Limits of processes; see process_limit.h.
#include "src/sandbox/process_limit.h"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/host_view.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kMostUsual = 4096;
constexpr std::uint64_t kMostIds = 4096 * 1024;  // PID_MAX_LIMIT

std::uint64_t sysctl_number(const char* path) {
  return parse_uint(trim(read_file_if_exists(path).value_or(""))).value_or(kMostIds);
}

}  // namespace

ProcessLimit plan_process_limit(const std::vector<ResourceLimit>& asked,
                                std::uint64_t pids,
                                const ProcessFacts& facts) {
  ProcessLimit limit;
  const auto nproc = std::ranges::find(asked, RLIMIT_NPROC, &ResourceLimit::resource);
  const bool has_nproc = nproc != asked.end();
  const bool has_pids = pids != 0 && pids != kUnlimited;
  const std::uint64_t bound = pids != 0   ? pids
                              : has_nproc ? std::max(nproc->hard, facts.usual)
                                          : facts.usual;
  if (!has_nproc && pids == 0) limit.count = facts.usual;
  if (facts.pid_max_is_namespaced) {
    if (bound < kMostIds - kReservedIds) limit.pid_max = bound + kReservedIds;
  } else if (facts.root_of_machine) {
    if (has_pids || limit.count != 0) limit.cgroup = bound + 1;
    limit.cgroup_required = has_pids;
  } else if (bound > facts.usual) {
    throw Error(ErrorKind::machine,
                "{}: on a kernel before Linux 6.14 a build of an ordinary user has {} processes at "
                "most",
                pids != 0 ? "--pids-limit" : "--ulimit nproc", facts.usual);
  } else if (has_pids) {
    limit.cgroup = pids + 1;
    if (!has_nproc || nproc->soft > pids) limit.rlimit = pids;
  }
  if (has_nproc && facts.root_of_machine && nproc->soft != RLIM_INFINITY) {
    limit.cgroup = std::min(nproc->soft, limit.cgroup != 0 ? limit.cgroup - 1 : nproc->soft) + 1;
    limit.cgroup_required = true;
  }
  return limit;
}

std::uint64_t usual_process_limit(std::uint64_t pid_max, std::uint64_t threads_max) noexcept {
  constexpr std::uint64_t kShare = 4;
  return std::min({pid_max / kShare, threads_max / kShare, kMostUsual});
}

std::uint64_t usual_process_limit() {
  return usual_process_limit(sysctl_number("/proc/sys/kernel/pid_max"),
                             sysctl_number("/proc/sys/kernel/threads-max"));
}

bool pid_max_is_namespaced() {
  utsname names{};
  unsigned major = 0;
  unsigned minor = 0;
  return ::uname(&names) == 0 && std::sscanf(names.release, "%u.%u", &major, &minor) == 2 &&
         std::pair(major, minor) >= std::pair(6U, 14U) && !proc_is_masked();
}

ProcessFacts process_facts(bool root_of_machine) {
  return {.usual = usual_process_limit(),
          .pid_max_is_namespaced = pid_max_is_namespaced(),
          .root_of_machine = root_of_machine};
}

}  // namespace cbuild::sandbox
