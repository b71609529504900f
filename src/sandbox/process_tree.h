// The processes of a sandbox as /proc shows them: for where no control group counts or stops them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// Of /proc/PID/stat.
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t cpu = 0;  ///< clock ticks, of its reaped children too
  std::uint64_t threads = 0;
  std::uint64_t resident = 0;  ///< pages
};

/// `text`: "PID (NAME) STATE PPID …"; nullopt for what is not like that. Pure.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// Those with these ids, and their descendants, out of `all`. Pure.
std::vector<ProcessStat> with_descendants(const std::vector<ProcessStat>& all,
                                          const std::vector<pid_t>& roots);

/// With what the /proc that is mounted here shows. One that starts meanwhile may be missed.
std::vector<ProcessStat> process_tree(const std::vector<pid_t>& roots);

/// Signals all of them, and again what has come in between, until nothing new is found: what is
/// stopped starts nothing. A fork that happens just then can be missed.
void signal_tree(const std::vector<pid_t>& roots, int number);

}  // namespace cbuild::sandbox
