// The flags of `cbuild build` that limit RUN steps: --memory, --cpus, --pids-limit, --ulimit, …
#pragma once

#include <string>
#include <vector>

namespace cbuild::ops {
struct RunSettings;
}

namespace cbuild::cli {

class Args;

/// As given.
struct LimitOptions {
  std::string memory;
  std::string memory_swap;
  std::string cpus;
  std::string cpu_quota;
  std::string cpu_period;
  std::string cpu_shares;
  std::string cpuset_cpus;
  std::string cpuset_mems;
  std::string pids_limit;
  std::string shm_size;
  std::vector<std::string> ulimits;
};

void declare_limit_options(Args& args, LimitOptions& options);

/// Reads them with docker's syntax and bounds. @throws Error(usage) that names the flag
void apply_limit_options(const LimitOptions& options, ops::RunSettings& run);

}  // namespace cbuild::cli
