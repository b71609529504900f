// A thread that writes and a bounded queue of blocks; see pipe_source.h.
#include "cbuild/util/pipe_source.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild {

namespace {

constexpr std::size_t kBlocksAhead = 4;

}  // namespace

class PipeSource::Channel final : public Sink {
 public:
  explicit Channel(Producer producer) : producer_(std::move(producer)) {}

  void start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { produce(); });
  }

  void stop() {
    cancel_.cancel();
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// Producer's side.
  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), kIoBlock - filling_.size());
      filling_.insert(filling_.end(), bytes.begin(), bytes.begin() + count);
      bytes = bytes.subspan(count);
      if (filling_.size() == kIoBlock) pass_on();
    }
  }

  /// Reader's side: the next block in exchange for the one read; empty at the end.
  std::vector<std::byte> next(std::vector<std::byte> used) {
    std::unique_lock lock(mutex_);
    if (used.capacity() > 0) spare_.push_back(std::move(used));
    changed_.wait(lock, [this] { return !ready_.empty() || ended_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return {};
    }
    std::vector<std::byte> fresh = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return fresh;
  }

  // Of the reader only.
  std::vector<std::byte> block;
  std::size_t at = 0;

 private:
  void produce() {
    std::exception_ptr error;
    try {
      filling_.reserve(kIoBlock);
      producer_(*this, cancel_);
      if (!filling_.empty()) pass_on();
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      error_ = error;
      ended_ = true;
    }
    changed_.notify_all();
  }

  void pass_on() {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ready_.size() < kBlocksAhead || closed_; });
      if (closed_) throw Interrupted();
      ready_.push_back(std::move(filling_));
      filling_ = {};
      if (!spare_.empty()) {
        filling_ = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    changed_.notify_all();
    filling_.clear();
    filling_.reserve(kIoBlock);
  }

  Producer producer_;
  CancelToken cancel_;
  std::thread thread_;
  std::vector<std::byte> filling_;  ///< of the producer only

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<std::byte>> ready_;
  std::vector<std::vector<std::byte>> spare_;
  bool ended_ = false;
  bool closed_ = false;
  std::exception_ptr error_;
};

PipeSource::PipeSource(Producer producer)
    : channel_(std::make_unique<Channel>(std::move(producer))) {}

PipeSource::~PipeSource() {
  channel_->stop();
}

std::size_t PipeSource::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  Channel& channel = *channel_;
  if (channel.at == channel.block.size()) {
    channel.start();
    channel.at = 0;
    channel.block = channel.next(std::exchange(channel.block, {}));
  }
  const std::size_t count = std::min(buffer.size(), channel.block.size() - channel.at);
  if (count > 0) std::memcpy(buffer.data(), channel.block.data() + channel.at, count);
  channel.at += count;
  return count;
}

}  // namespace cbuild
