// Descendants by Landlock domain, or by the parents that /proc names; see descendants.h.
#include "src/sandbox/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace cbuild::sandbox {

namespace {

/// Whether signals of this process really stay in its domain: its parent is outside.
bool is_confined() noexcept {
  const pid_t parent = ::getppid();
  return parent > 0 && ::kill(parent, 0) != 0 && errno == EPERM;
}

/// Reaps what has ended. False: there is no child any more.
bool reap(int flags) noexcept {
  for (;;) {
    const pid_t pid = ::waitpid(-1, nullptr, __WALL | flags);
    if (pid == 0) return true;
    if (pid < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Descendants::Descendants(bool scoped) noexcept
    : scoped_(scoped), proc_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  void* memory = ::mmap(nullptr, kMost * sizeof(Entry), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) entries_ = static_cast<Entry*>(memory);
}

bool Descendants::read_entry(const char* name, Entry& entry) const noexcept {
  const std::string_view digits = name;
  entry = {};
  if (std::from_chars(digits.data(), digits.data() + digits.size(), entry.pid).ec != std::errc{})
    return false;
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "%d/stat", entry.pid);
  const Fd file(::openat(proc_.get(), path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size() - 1);
  if (size <= 0) return false;
  // "PID (NAME) STATE PPID …": the name may have any character; the threads are the 20th field.
  const char* const after = std::strrchr(text.data(), ')');
  return after != nullptr &&
         std::sscanf(after + 1,
                     " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                     "%*d %d",
                     &entry.parent, &entry.threads) == 2;
}

std::size_t Descendants::read_entries() noexcept {
  if (!proc_ || entries_ == nullptr) return 0;
  ::lseek(proc_.get(), 0, SEEK_SET);
  std::size_t count = 0;
  alignas(dirent64) std::array<char, 4096> buffer;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, proc_.get(), buffer.data(), buffer.size());
    if (size <= 0) return count;
    for (long at = 0; at < size;) {
      const auto* found = reinterpret_cast<const dirent64*>(buffer.data() + at);
      if (count < kMost && read_entry(found->d_name, entries_[count])) ++count;
      at += found->d_reclen;
    }
  }
}

/// They are in ascending order of their ids.
bool Descendants::is_marked(std::size_t count, int pid) const noexcept {
  const Entry* const begin = entries_;
  const Entry* const end = begin + count;
  const Entry* const found = std::lower_bound(
      begin, end, pid, [](const Entry& entry, int wanted) { return entry.pid < wanted; });
  return found != end && found->pid == pid && found->is_ours;
}

bool Descendants::mark_once(std::size_t count) noexcept {
  bool marked = false;
  const pid_t self = ::getpid();
  for (std::size_t i = 0; i < count; ++i) {
    Entry& entry = entries_[i];
    if (entry.is_ours || (entry.parent != self && !is_marked(count, entry.parent))) continue;
    entry.is_ours = marked = true;
  }
  return marked;
}

std::size_t Descendants::look() noexcept {
  const std::size_t count = read_entries();
  while (mark_once(count)) {
  }
  return count;
}

bool Descendants::are_at_least(std::size_t wanted) noexcept {
  const bool stopped = signal_domain(SIGSTOP);
  std::size_t threads = 0;
  const std::size_t count = look();
  for (std::size_t i = 0; i < count; ++i) {
    if (entries_[i].is_ours) threads += static_cast<std::size_t>(entries_[i].threads);
  }
  const bool are = threads >= wanted;
  if (stopped && !are) signal_domain(SIGCONT);
  return are;
}

bool Descendants::signal_domain(int number) const noexcept {
  return scoped_ && is_confined() && ::kill(-1, number) == 0;
}

void Descendants::kill_all() noexcept {
  if (signal_domain(SIGKILL)) {
    reap(0);
    return;
  }
  while (reap(WNOHANG)) {
    const std::size_t count = look();
    for (std::size_t i = 0; i < count; ++i) {
      if (entries_[i].is_ours) ::kill(entries_[i].pid, SIGKILL);
    }
    constexpr timespec kPause{0, 1'000'000};
    if (count == 0) ::nanosleep(&kPause, nullptr);  // no /proc: nothing but to wait
  }
}

}  // namespace cbuild::sandbox
