// Closes the descriptors that a child has inherited. Neither throws nor allocates.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <span>

namespace cbuild::sandbox {

inline void close_descriptors(unsigned first, unsigned last = ~0U) noexcept {
  if (first <= last) ::syscall(SYS_close_range, first, last, 0);
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
