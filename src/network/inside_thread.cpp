// Runs a thread in a namespace; see inside_thread.h.
#include "src/network/inside_thread.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "src/network/name_space.h"
#include "src/network/service_thread.h"

namespace cbuild::network {

namespace {

/// One call that a thread waits for.
class Call {
 public:
  void run(const std::function<void()>& action) {
    try {
      action();
    } catch (...) {
      failure_ = std::current_exception();
    }
    // Told while it is locked: the one who waits destroys this when it has the lock.
    const std::lock_guard lock(mutex_);
    is_done_ = true;
    done_.notify_one();
  }

  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return is_done_; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void call_on(EventLoop& loop, const std::function<void()>& action) {
  Call call;
  loop.post([&] { call.run(action); });
  call.wait();
}

InsideThread::InsideThread(Fd name_space) : name_space_(std::move(name_space)) {
  thread_ = start_service_thread([this] { loop_.run(); });
  try {
    call([this] { enter_name_space(name_space_.get()); });
  } catch (...) {
    loop_.stop();
    thread_.join();
    throw;
  }
}

InsideThread::~InsideThread() {
  loop_.stop();
  thread_.join();
}

}  // namespace cbuild::network
