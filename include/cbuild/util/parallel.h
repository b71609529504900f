// Runs a function over a range on several threads, and joins them.
#pragma once

#include <cstddef>
#include <functional>

namespace cbuild {

/// Calls `action(i)` for i in [0, count) on up to `threads` threads (the caller is one of them) and
/// returns when all are done. No thread is left. The first exception stops the hand-out of further
/// work and is thrown again here.
void parallel_for(std::size_t count,
                  std::size_t threads,
                  const std::function<void(std::size_t)>& action);

/// Number of processors this process may use; at least 1.
std::size_t processor_count();

}  // namespace cbuild
