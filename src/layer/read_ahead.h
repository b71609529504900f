// Reads the files of a tar ahead of the thread that writes it.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/xattr.h"

namespace cbuild::layer {

/// One entry on its way from the directory to the tar.
struct PlannedEntry {
  std::string path;                          ///< relative to the root; directories end in '/'
  std::string name;                          ///< last component
  std::shared_ptr<const Fd> directory;       ///< that holds it
  std::shared_ptr<const FileOwners> owners;  ///< of its layer; null = those on disk
  bool opaque = false;   ///< no file: says that `directory` hides what lies below
  bool regular = false;  ///< as readdir(3) had it

  struct stat status {};

  std::vector<Xattr> xattrs;
  std::string link;
  std::unique_ptr<std::byte[]> content;  ///< of a small file; null: to be read when it is written

  std::exception_ptr error;
};

/// A queue of entries that are looked at and read by other threads between push and pop, in a
/// bounded window: at most kEntries entries and kBytes of content. push(), front() and pop() are
/// for one thread. Threads are started only once there is enough to do for them.
class ReadAhead {
 public:
  explicit ReadAhead(std::size_t readers) : readers_(readers) {}

  ~ReadAhead();

  /// Room for another two entries?
  bool full() const noexcept { return tail_ - head_ + 2 > kEntries; }

  bool empty() const noexcept { return tail_ == head_; }

  /// The next entry to be filled in. Its members have the values of an entry long gone; `path`,
  /// `name`, `directory`, `owners`, `opaque` and `regular` are to be set, then push() is called.
  PlannedEntry& back();

  /// @param looked_at  everything is known about the back entry: no thread has to stat it
  void push(bool looked_at);

  /// The first entry, as soon as it has been looked at; `error` says what went wrong with it.
  PlannedEntry& front();
  void pop();

 private:
  static constexpr std::size_t kEntries = 128;
  static constexpr std::size_t kStartAt = 48;
  static constexpr std::size_t kMaxFile = 1 << 20;
  static constexpr std::size_t kBytes = 12 << 20;

  enum class State { waiting, taken, ready };

  struct Slot {
    PlannedEntry entry;
    State state = State::waiting;
    std::size_t reserved = 0;
  };

  Slot& slot(std::uint64_t i) noexcept { return slots_[i % kEntries]; }

  void work();
  void look_at(Slot& slot) noexcept;
  void look_at_file(Slot& slot);
  bool reserve(Slot& slot, std::size_t bytes) noexcept;

  std::size_t readers_;
  std::array<Slot, kEntries> slots_;
  std::atomic<std::size_t> reserved_{0};

  std::mutex mutex_;  ///< of what follows; `tail_` and `head_` are written by one thread only
  std::condition_variable work_there_;
  std::condition_variable front_ready_;
  std::uint64_t head_ = 0;  ///< the front
  std::uint64_t next_ = 0;  ///< the first that no thread has taken
  std::uint64_t tail_ = 0;  ///< one past the last
  std::size_t idle_ = 0;    ///< readers that wait
  bool stop_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace cbuild::layer
