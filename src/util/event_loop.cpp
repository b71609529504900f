// epoll and timers; see event_loop.h.
#include "cbuild/util/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"

namespace cbuild {

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (!epoll_ || !wake_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    throw SysError("make an event loop");
}

EventLoop::~EventLoop() = default;

void EventLoop::watch(int fd, Handler& handler) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  const auto [id, is_new] = ids_.try_emplace(&handler, last_id_ + 1);
  if (is_new) watching_.emplace(++last_id_, &handler);
  event.data.u64 = id->second;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw SysError("watch a descriptor");
}

void EventLoop::own(std::unique_ptr<Handler> handler, Handler* parent) {
  Handler* const key = handler.get();
  owned_.emplace(key, Owned{std::move(handler), parent});
  if (parent != nullptr) children_[parent].insert(key);
}

void EventLoop::drop(Handler& handler) {
  const auto found = owned_.find(&handler);
  if (found == owned_.end()) return;
  drop_children(handler);
  if (const auto siblings = children_.find(found->second.parent); siblings != children_.end()) {
    siblings->second.erase(&handler);
    if (siblings->second.empty()) children_.erase(siblings);
  }
  dropped_.push_back(std::move(found->second.handler));
  owned_.erase(found);
  forget(handler);
}

void EventLoop::drop_children(Handler& parent) {
  const auto found = children_.find(&parent);
  if (found == children_.end()) return;
  const std::set<Handler*> children = std::move(found->second);
  children_.erase(found);
  for (Handler* child : children)
    drop(*child);
}

void EventLoop::forget(Handler& handler) {
  gone_.insert(&handler);
  again_.erase(&handler);
  if (const auto id = ids_.find(&handler); id != ids_.end()) {
    watching_.erase(id->second);
    ids_.erase(id);
  }
  const auto time = times_.find(&handler);
  if (time == times_.end()) return;
  queue_.erase({time->second, &handler});
  times_.erase(time);
}

void EventLoop::call_again(Handler& handler) {
  again_.insert(&handler);
}

void EventLoop::call_at(Handler& handler, Clock::time_point time) {
  const auto [entry, is_new] = times_.try_emplace(&handler, time);
  if (!is_new) {
    queue_.erase({entry->second, &handler});
    entry->second = time;
  }
  queue_.emplace(time, &handler);
}

template <typename Call>
void EventLoop::tell(Handler& handler, Call&& call) {
  if (gone_.contains(&handler)) return;
  try {
    call();
  } catch (const std::exception& error) {
    log_debug("{}", error.what());
    drop(handler);
  }
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  wake();
}

void EventLoop::call_posted() {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) {
    try {
      task();
    } catch (const std::exception& error) {
      log_warning("{}", error.what());
    }
  }
}

/// Milliseconds until there is something to do; -1 = until an event.
int EventLoop::patience() const {
  if (!again_.empty()) return 0;
  if (queue_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(queue_.begin()->first - Clock::now());
  return static_cast<int>(
      std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

void EventLoop::call_expired() {
  const auto now = Clock::now();
  while (!queue_.empty() && queue_.begin()->first <= now) {
    Handler& handler = *queue_.begin()->second;
    queue_.erase(queue_.begin());
    times_.erase(&handler);
    tell(handler, [&] { handler.expired(); });
  }
}

/// Of epoll(7): `id` is that of watch().
void EventLoop::tell_event(std::uint64_t id, std::uint32_t events) {
  if (id == 0) return call_posted();
  const auto found = watching_.find(id);
  if (found == watching_.end()) return;
  Handler& handler = *found->second;
  tell(handler, [&] { handler.ready(events); });
}

void EventLoop::run() {
  std::array<epoll_event, 64> events;
  while (!stopped_) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
    for (int i = 0; i < count; ++i)
      tell_event(events[i].data.u64, events[i].events);
    for (Handler* handler : std::exchange(again_, {}))
      tell(*handler, [&] { handler->ready(0); });
    call_expired();
    destroy_dropped();
    gone_.clear();
  }
  while (!owned_.empty()) {
    drop(*owned_.begin()->first);
    destroy_dropped();
  }
}

/// Closes their descriptors, which ends the watching. A destructor may drop others.
void EventLoop::destroy_dropped() {
  while (!dropped_.empty())
    std::exchange(dropped_, {}).clear();
}

void EventLoop::stop() noexcept {
  stopped_ = true;
  wake();
}

void EventLoop::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

}  // namespace cbuild
