// Waits for child processes; see child.h.
#include "src/sandbox/child.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

bool Child::try_reap() noexcept {
  const std::lock_guard lock(mutex_);
  if (end_) return true;
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd_.get());
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | __WALL);
  } while (result != 0 && errno == EINTR);
  if (result == 0 && info.si_pid == 0 && info.si_code == 0) return false;
  end_ = info;
  return true;
}

std::optional<siginfo_t> Child::end() const noexcept {
  const std::lock_guard lock(mutex_);
  return end_;
}

void reap(Child& child, std::span<const std::shared_ptr<Child>> others, const CancelToken* cancel) {
  while (!child.end()) {
    std::vector<pollfd> polls{{child.fd(), POLLIN, 0},
                              {cancel != nullptr ? cancel->fd() : -1, POLLIN, 0}};
    for (const auto& other : others) {
      if (!other->end()) polls.push_back({other->fd(), POLLIN, 0});
    }
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    if (cancel != nullptr) cancel->check();
    for (const auto& other : others)
      other->try_reap();
    child.try_reap();
  }
}

}  // namespace cbuild::sandbox
