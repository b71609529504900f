// Whether the kernel killed a process of a control group for want of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// Counts from its making on.
class OomKills {
 public:
  /// Watches the control group of `directory`; that of this process where it has no memory
  /// controller, or is -1. Without one at all nothing is counted.
  explicit OomKills(int directory);

  bool any() const noexcept;

 private:
  Fd own_;    ///< of `directory`
  int file_;  ///< memory.events (v2) or memory.oom_control (v1); -1 = none
  std::uint64_t before_;
};

/// The number behind "oom_kill" in the text of such a file. Pure.
std::optional<std::uint64_t> parse_oom_kills(std::string_view text) noexcept;

}  // namespace cbuild::sandbox
