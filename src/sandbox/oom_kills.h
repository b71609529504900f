// Tells whether a control group ran out of memory, and whether the OOM killer ended a process of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// Counts from its making on.
class OomKills {
 public:
  /// Watches the control group of `directory`; where it is -1 or has no memory controller, that of
  /// `own`, which is borrowed. Without one at all nothing is counted.
  OomKills(int directory, const Fd& own);

  bool any() const noexcept;

 private:
  Fd given_;  ///< of `directory`
  int file_;  ///< memory.events (v2) or memory.oom_control (v1); -1 = none
  std::uint64_t before_;
};

/// How near the processes of a control group came to its limit of memory.
struct MemoryUse {
  bool limit_reached = false;
  std::uint64_t peak = 0;  ///< bytes; 0 = the kernel does not tell (cgroup v2 before Linux 5.19)
};

/// Of the control group of `directory`, of either version.
MemoryUse read_memory_use(int directory);

/// The count of the control group of this process; empty where it has no memory controller.
Fd open_oom_kills();

/// The number behind `key` in the text of such a file: "oom_kill" counts killed processes, "oom"
/// (v2) how often the limit of the group was in the way. Pure.
std::optional<std::uint64_t> parse_event_count(std::string_view text,
                                               std::string_view key) noexcept;

}  // namespace cbuild::sandbox
