// Limits of a sandbox: of each of its processes (setrlimit(2)), and of all together (control
// groups).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// RLIM_INFINITY = none.
struct ResourceLimit {
  int resource = 0;  ///< RLIMIT_*
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

struct ResourceName {
  std::string_view name;  ///< docker's
  int resource;
};

std::span<const ResourceName> resource_names() noexcept;

/// Sees to it that this process may give its steps what was asked: root raises its own hard limits.
/// @pre the Workspace was not entered: in it nobody may raise one.  @throws Error(machine) that
/// names the first that cannot be kept
void permit_limits(const std::vector<ResourceLimit>& asked);

/// The limit is lifted: not the default, and no other.
inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// In the terms of docker's flags. 0 or empty = not asked for.
struct GroupLimits {
  std::uint64_t memory = 0;            ///< bytes
  std::uint64_t memory_swap = 0;       ///< bytes of memory and swap together, at least `memory`;
                                       ///< kUnlimited; 0 = twice `memory`
  std::uint64_t nano_cpus = 0;         ///< 1'000'000'000 = one CPU
  std::uint64_t cpu_quota = 0;         ///< µs of CPU time in each `cpu_period`; not with nano_cpus
  std::uint64_t cpu_period = 0;        ///< µs; 0 = 100'000
  std::uint64_t cpu_shares = 0;        ///< 2 to 262144: weight beside other groups, which have 1024
  std::vector<unsigned> cpus;          ///< numbers of CPUs, ascending
  std::vector<unsigned> memory_nodes;  ///< numbers of NUMA nodes, ascending
  std::uint64_t pids = 0;            ///< processes and threads; kUnlimited; 0 = the default, which
                                     ///< kills a step that reaches it
  std::optional<int> oom_score_adj;  ///< -1000 to 1000; absent = 100
  friend bool operator==(const GroupLimits&, const GroupLimits&) = default;
};

/// Numbers of a list such as "0-3,5", ascending; nullopt for what is none (at most 4096 numbers).
std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

/// "0-3,5"
std::string cpu_list(const std::vector<unsigned>& numbers);

}  // namespace cbuild::sandbox
