// One thread that waits for descriptors and tells their handlers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild {

using Clock = std::chrono::steady_clock;

/// What is told of events. Called on the loop's thread only. An owned handler that throws is
/// dropped.
class Handler {
 public:
  virtual ~Handler() = default;

  /// `events`: EPOLL*; 0 when the handler asked to be called again.
  virtual void ready(std::uint32_t events) = 0;

  /// The time of call_at() has come.
  virtual void expired() {}
};

/// epoll(7), edge-triggered: a handler works until a call would block, or asks to be called again.
/// Used by one thread, but for post() and stop().
class EventLoop {
 public:
  /// @throws SysError
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Watches `fd` for all events until it is closed. `handler` outlives that, or is owned: an event
  /// of a descriptor whose handler was dropped is ignored, also when a child process has kept the
  /// descriptor open.
  /// @throws SysError, mostly when there is no memory
  void watch(int fd, Handler& handler);

  /// Takes over a handler until drop(). With a `parent` (owned or not) it ends with it at the
  /// latest.
  void own(std::unique_ptr<Handler> handler, Handler* parent = nullptr);
  /// Destroys an owned handler and its children when the events at hand are through; they are not
  /// called any more. Destructors of handlers may call this, too.
  void drop(Handler& handler);
  /// Drops the handlers whose parent this is, and theirs: how a user of a loop leaves it.
  void drop_children(Handler& parent);

  /// Calls ready(0) after the events at hand: for handlers that let others have their turn.
  void call_again(Handler& handler);
  /// Calls expired() once, at about this time. Replaces the earlier call of this handler.
  void call_at(Handler& handler, Clock::time_point time);

  /// Has the loop's thread call `task`, after those posted before. An exception of it ends in the
  /// log. Tasks that are left when the loop stops are not called. Thread-safe.
  void post(std::function<void()> task);

  /// Returns after stop(), when all owned handlers are destroyed.
  void run();
  /// Thread-safe.
  void stop() noexcept;

 private:
  struct Owned {
    std::unique_ptr<Handler> handler;
    Handler* parent;
  };

  template <typename Call>
  void tell(Handler& handler, Call&& call);
  void tell_event(std::uint64_t id, std::uint32_t events);
  void forget(Handler& handler);
  int patience() const;
  void call_posted();
  void destroy_dropped();
  void wake() noexcept;
  void call_expired();

  Fd epoll_;
  Fd wake_;  ///< eventfd
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  ///< guarded by mutex_
  std::map<Handler*, Owned> owned_;
  std::map<Handler*, std::set<Handler*>> children_;
  std::uint64_t last_id_ = 0;  ///< 0 itself is wake_
  std::map<Handler*, std::uint64_t> ids_;
  std::unordered_map<std::uint64_t, Handler*> watching_;  ///< by the id that epoll(7) gives back
  std::vector<std::unique_ptr<Handler>> dropped_;
  std::set<Handler*> gone_;  ///< dropped while the events at hand are told
  std::set<Handler*> again_;
  std::map<Handler*, Clock::time_point> times_;
  std::set<std::pair<Clock::time_point, Handler*>> queue_;
};

}  // namespace cbuild
