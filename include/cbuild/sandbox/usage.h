// What a running sandbox uses of this machine.
#pragma once

#include <cstdint>

namespace cbuild::sandbox {

/// Each from the control groups of the sandbox; where they do not tell it, the sum over its
/// processes, which misses what ended unseen between two looks and counts shared pages twice.
struct Usage {
  std::uint64_t cpu = 0;            ///< ns
  std::uint64_t memory = 0;         ///< bytes
  std::uint64_t memory_limit = 0;   ///< bytes; 0 = none
  std::uint64_t processes = 0;      ///< and threads
  std::uint64_t process_limit = 0;  ///< 0 = none
  std::uint64_t read = 0;           ///< bytes of block devices; from control groups only
  std::uint64_t written = 0;        ///< likewise
};

}  // namespace cbuild::sandbox
