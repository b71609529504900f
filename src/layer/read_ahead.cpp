// The window of entries and its readers; see read_ahead.h.
#include "src/layer/read_ahead.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"

namespace cbuild::layer {

namespace {

void read_exactly(int fd, std::byte* to, std::size_t size) {
  while (size != 0) {
    const ssize_t count = ::read(fd, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SysError("read");
    if (count == 0) throw Error("became shorter while it was being read");
    to += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_there_.notify_all();
}

PlannedEntry& ReadAhead::back() {
  PlannedEntry& entry = slot(tail_).entry;
  entry.xattrs.clear();
  entry.link.clear();
  entry.error = nullptr;
  return entry;
}

void ReadAhead::push(bool looked_at) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    slot(tail_).state = looked_at ? State::ready : State::waiting;
    ++tail_;
    wake = idle_ != 0 && !looked_at;
  }
  if (wake) work_there_.notify_one();
  if (threads_.empty() && readers_ != 0 && tail_ - head_ >= kStartAt) {
    try {
      for (std::size_t i = 0; i < readers_; ++i)
        threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      log_debug("cannot start another thread that reads ahead: {}", error.what());
      readers_ = threads_.size();
    }
  }
}

PlannedEntry& ReadAhead::front() {
  std::unique_lock lock(mutex_);
  Slot& first = slot(head_);
  if (next_ == head_) {
    ++next_;
    if (first.state == State::waiting) {
      lock.unlock();
      look_at(first);
    }
  } else {
    front_ready_.wait(lock, [&] { return first.state == State::ready; });
  }
  return first.entry;
}

void ReadAhead::pop() {
  Slot& first = slot(head_);
  first.entry.content.reset();
  first.entry.directory.reset();
  reserved_ -= std::exchange(first.reserved, 0);
  const std::lock_guard lock(mutex_);
  ++head_;
}

void ReadAhead::work() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (next_ == tail_) {
      ++idle_;
      work_there_.wait(lock);
      --idle_;
      continue;
    }
    const std::uint64_t mine = next_++;
    Slot& taken = slot(mine);
    if (taken.state == State::ready) continue;
    taken.state = State::taken;
    lock.unlock();
    look_at(taken);
    lock.lock();
    taken.state = State::ready;
    if (mine == head_) front_ready_.notify_one();
  }
}

bool ReadAhead::reserve(Slot& slot, std::size_t bytes) noexcept {
  if (reserved_.fetch_add(bytes) + bytes > kBytes) {
    reserved_ -= bytes;
    return false;
  }
  slot.reserved = bytes;
  return true;
}

void ReadAhead::look_at(Slot& slot) noexcept {
  PlannedEntry& entry = slot.entry;
  try {
    if (entry.regular) {
      look_at_file(slot);
      return;
    }
    const int dirfd = entry.directory->get();
    if (::fstatat(dirfd, entry.name.c_str(), &entry.status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw SysError("stat");
    }
    entry.xattrs = read_xattrs_at(dirfd, entry.name);
    if (S_ISLNK(entry.status.st_mode)) entry.link = read_link(dirfd, entry.name);
  } catch (...) {
    entry.error = std::current_exception();
  }
}

void ReadAhead::look_at_file(Slot& slot) {
  PlannedEntry& entry = slot.entry;
  const Fd fd = open_quietly(entry.directory->get(), entry.name.c_str(), O_RDONLY | O_NONBLOCK);
  if (::fstat(fd.get(), &entry.status) != 0) throw SysError("stat");
  if (!S_ISREG(entry.status.st_mode)) throw Error("was replaced while it was being read");
  entry.xattrs = read_xattrs(fd.get());
  const auto size = static_cast<std::size_t>(entry.status.st_size);
  // Of a file with several names, one is written: which, is not known here.
  if (size == 0 || size > kMaxFile || entry.status.st_nlink > 1 || !reserve(slot, size)) return;
  auto content = std::make_unique_for_overwrite<std::byte[]>(size);
  read_exactly(fd.get(), content.get(), size);
  entry.content = std::move(content);
}

}  // namespace cbuild::layer
