// Tells whether the kernel's OOM killer ended a process of a control group.
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

/// The count of the control group of this process; empty where it has no memory controller.
Fd open_oom_kills();

/// The number behind "oom_kill" in the text of such a file. Pure.
std::optional<std::uint64_t> parse_oom_kills(std::string_view text) noexcept;

}  // namespace cbuild::sandbox
