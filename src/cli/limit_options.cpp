// Limits of RUN steps; see limit_options.h.
#include "src/cli/limit_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cbuild/ops/run_settings.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/memory_size.h"
#include "src/cli/ulimit_flag.h"

namespace cbuild::cli {

namespace {

// docker's bounds
constexpr std::uint64_t kLeastMemory = 6 << 20;
constexpr std::uint64_t kLeastShares = 2;
constexpr std::uint64_t kMostShares = 262'144;
constexpr std::uint64_t kLeastPeriod = 1'000;
constexpr std::uint64_t kMostPeriod = 1'000'000;

[[noreturn]] void refuse(std::string_view flag, const std::string& text, std::string_view wanted) {
  throw Error(ErrorKind::usage, "{} '{}': want {}", flag, printable(text), wanted);
}

/// A number from `least` to `most`; 0 = no limit, also where it is not given.
std::uint64_t parse_number(std::string_view flag,
                           const std::string& text,
                           std::uint64_t least,
                           std::uint64_t most) {
  if (text.empty()) return 0;
  const auto number = parse_uint(text);
  if (number && (*number == 0 || (*number >= least && *number <= most))) return *number;
  refuse(flag, text, fmt::format("a number from {} to {}", least, most));
}

std::uint64_t parse_quota(const std::string& text) {
  constexpr std::uint64_t kMostQuota = 1'000'000'000'000;  // of the kernel, about
  if (text == "-1") return 0;
  return parse_number("--cpu-quota", text, kLeastPeriod, kMostQuota);
}

/// "1.5" is 1'500'000'000.
std::uint64_t parse_cpus(const std::string& text) {
  constexpr double kNano = 1e9;
  constexpr double kLeast = 0.01;
  constexpr double kMost = 8192;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const bool is_number = error == std::errc() && rest == end && std::isfinite(number);
  if (is_number && (number == 0 || (number >= kLeast && number <= kMost))) {
    return static_cast<std::uint64_t>(std::llround(number * kNano));
  }
  refuse("--cpus", text, "a number of CPUs such as 1.5, at least 0.01");
}

std::uint64_t parse_pids(const std::string& text) {
  if (text == "-1" || text == "0") return sandbox::kUnlimited;
  const auto number = parse_uint(text);
  constexpr std::uint64_t kMost = 4 << 20;  // PID_MAX_LIMIT
  if (number && *number <= kMost) return *number;
  refuse("--pids-limit", text, fmt::format("a number up to {}, or -1 for no limit", kMost));
}

std::vector<unsigned> parse_list(std::string_view flag, const std::string& text) {
  if (auto numbers = sandbox::parse_cpu_list(text)) return *numbers;
  refuse(flag, text, "numbers and ranges such as 0-3,5");
}

void apply_memory(const LimitOptions& options, sandbox::GroupLimits& limits) {
  if (!options.memory.empty() && options.memory != "-1") {
    limits.memory = parse_memory("--memory", options.memory);
    if (limits.memory != 0 && limits.memory < kLeastMemory) {
      refuse("--memory", options.memory, "at least 6m");
    }
  }
  const std::string& swap = options.memory_swap;
  if (swap.empty()) return;
  limits.memory_swap = swap == "-1" ? sandbox::kUnlimited : parse_memory("--memory-swap", swap);
  if (limits.memory_swap == 0) return;
  if (limits.memory == 0) {
    throw Error(ErrorKind::usage,
                "--memory-swap '{}': it is the limit of memory and swap together, and needs "
                "--memory beside it",
                printable(swap));
  }
  if (limits.memory_swap < limits.memory) {
    refuse("--memory-swap", swap,
           "at least the value of --memory, for it is the limit of memory and swap together");
  }
}

void apply_cpu(const LimitOptions& options, sandbox::GroupLimits& limits) {
  if (!options.cpus.empty()) limits.nano_cpus = parse_cpus(options.cpus);
  limits.cpu_quota = parse_quota(options.cpu_quota);
  limits.cpu_period = parse_number("--cpu-period", options.cpu_period, kLeastPeriod, kMostPeriod);
  if (limits.nano_cpus != 0 && (limits.cpu_quota != 0 || limits.cpu_period != 0)) {
    throw Error(ErrorKind::usage,
                "--cpus cannot be used together with --cpu-quota or --cpu-period");
  }
  limits.cpu_shares = parse_number("--cpu-shares", options.cpu_shares, kLeastShares, kMostShares);
  if (!options.cpuset_cpus.empty()) {
    limits.cpus = parse_list("--cpuset-cpus", options.cpuset_cpus);
  }
  if (!options.cpuset_mems.empty()) {
    limits.memory_nodes = parse_list("--cpuset-mems", options.cpuset_mems);
  }
}

}  // namespace

void declare_limit_options(Args& args, LimitOptions& options) {
  args.group("Limits of each RUN step");
  args.option("-m,--memory", options.memory, "SIZE", "Memory, such as 512m or 2g");
  args.option("--memory-swap", options.memory_swap, "SIZE",
              "Memory and swap together; -1 is unlimited swap (default: twice --memory)");
  args.option("--cpus", options.cpus, "NUMBER", "CPU time in CPUs, such as 1.5");
  args.option("--cpu-quota", options.cpu_quota, "USEC", "CPU time in each --cpu-period");
  args.option("--cpu-period", options.cpu_period, "USEC",
              "Period of --cpu-quota (default: 100000)");
  args.option("-c,--cpu-shares", options.cpu_shares, "NUMBER",
              "Weight of CPU time against other processes (default: 1024)");
  args.option("--cpuset-cpus", options.cpuset_cpus, "LIST", "CPUs to run on, such as 0-3,5");
  args.option("--cpuset-mems", options.cpuset_mems, "LIST", "NUMA nodes to take memory from");
  args.option(
      "--pids-limit", options.pids_limit, "NUMBER",
      "Processes and threads; -1 is unlimited (default: a step that reaches 4096 is killed)");
  args.option("--shm-size", options.shm_size, "SIZE", "Size of /dev/shm (default: 64m)");
  args.option("--ulimit", options.ulimits, "NAME=SOFT[:HARD]",
              "Resource limit of each process, such as nofile=1024; repeatable");
}

void apply_limit_options(const LimitOptions& options, ops::RunSettings& run) {
  for (const std::string& text : options.ulimits)
    run.limits.push_back(parse_ulimit(text));
  if (!options.shm_size.empty()) run.shm_size = parse_memory("--shm-size", options.shm_size);
  apply_memory(options, run.group_limits);
  apply_cpu(options, run.group_limits);
  if (!options.pids_limit.empty()) run.group_limits.pids = parse_pids(options.pids_limit);
}

}  // namespace cbuild::cli
