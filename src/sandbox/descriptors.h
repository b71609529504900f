// Closes the descriptors that a child has inherited. Neither throws nor allocates.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

namespace cbuild::sandbox {

inline void close_descriptors(unsigned first, unsigned last = ~0U) noexcept {
  if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
  // The seccomp profile of a container may not know the call.
  constexpr rlim_t kMost = 1 << 20;
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
  const auto end = static_cast<unsigned>(known ? std::min(limit.rlim_max, kMost) : kMost);
  for (unsigned fd = first; fd < end; ++fd) {
    ::close(static_cast<int>(fd));
    if (fd == last) return;
  }
}

/// A fork has copies of everything that is open in the parent, pipes of other sandboxes among them.
/// `kept`: sorted.
inline void close_others(std::span<const int> kept) noexcept {
  unsigned next = 0;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > next) close_descriptors(next, static_cast<unsigned>(fd) - 1);
    next = static_cast<unsigned>(fd) + 1;
  }
  close_descriptors(next);
}

}  // namespace cbuild::sandbox
