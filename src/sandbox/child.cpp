// Waits for child processes; see child.h.
#include "src/sandbox/child.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
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

void Guests::add(std::shared_ptr<Child> guest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(guests_, [](const auto& known) { return known->end().has_value(); });
  guests_.push_back(std::move(guest));
}

std::vector<std::shared_ptr<Child>> Guests::all() const {
  const std::lock_guard lock(mutex_);
  return guests_;
}

void reap(Child& child, std::span<const std::shared_ptr<Child>> others, const CancelToken* cancel) {
  const pollfd cancelled{cancel != nullptr ? cancel->fd() : -1, POLLIN, 0};
  while (!child.end()) {
    std::vector<Child*> watched{&child};
    for (const auto& other : others) {
      if (!other->end()) watched.push_back(other.get());
    }
    std::vector<pollfd> polls;
    for (const Child* each : watched)
      polls.push_back({each->fd(), POLLIN, 0});
    polls.push_back(cancelled);
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    if (cancel != nullptr) cancel->check();
    bool is_held = false;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (polls[i].revents != 0 && !watched[i]->try_reap()) is_held = true;
    }
    constexpr int kPause = 10;  // ms; nothing tells when the tracer lets go
    if (is_held) ::poll(&polls.back(), 1, kPause);
  }
}

bool reap_within(Child& child, int milliseconds) noexcept {
  constexpr useconds_t kPause = 1000;
  pollfd poll{child.fd(), POLLIN, 0};
  ::poll(&poll, 1, milliseconds);
  for (int i = 0; i < milliseconds && !child.try_reap(); ++i)
    ::usleep(kPause);
  return child.try_reap();
}

}  // namespace cbuild::sandbox
