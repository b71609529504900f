// Starts threads that serve networks; see service_thread.h.
#include "src/network/service_thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace cbuild::network {

std::thread start_service_thread(std::function<void()> action) {
  sigset_t all;
  sigset_t former;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &former);
  std::thread thread(std::move(action));
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return thread;
}

void allow_many_descriptors() noexcept {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace cbuild::network
