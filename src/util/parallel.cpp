// parallel_for; see parallel.h.
#include "cbuild/util/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "cbuild/util/log.h"

namespace cbuild {

void parallel_for(std::size_t count,
                  std::size_t threads,
                  const std::function<void(std::size_t)>& action) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (;;) {
      const std::size_t i = next.fetch_add(1);
      if (i >= count) return;
      try {
        action(i);
      } catch (...) {
        next.store(count);
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        return;
      }
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t i = 1; i < std::min(threads, count); ++i)
      helpers.emplace_back(work);
  } catch (const std::system_error& error) {
    log_debug("cannot start another thread: {}", error.what());
  }
  work();
  helpers.clear();  // joins
  if (failure) std::rethrow_exception(failure);
}

std::size_t processor_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace cbuild
