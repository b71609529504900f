// A control group for one step; see pids_cgroup.h.
#include "src/sandbox/pids_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/cgroup_directories.h"

namespace cbuild::sandbox {

namespace {

constexpr std::string_view kPrefix = "cbuild-step-";

bool has_word(std::string_view text, std::string_view word) {
  const auto words = split(text, ' ');
  return std::ranges::find(words, word) != words.end();
}

bool write_text(int directory, const char* name, const std::string& text) {
  const Fd file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Whether groups beneath get the controller; the root of all groups can be told so.
bool hands_down(const std::string& directory) {
  const auto handed = read_file_if_exists(directory + "/cgroup.subtree_control");
  if (!handed) return true;  // cgroup v1
  if (has_word(trim(*handed), "pids")) return true;
  const Fd group(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const bool is_root = ::faccessat(group.get(), "cgroup.type", F_OK, 0) != 0;
  return is_root && write_text(group.get(), "cgroup.subtree_control", "+pids");
}

/// Groups of builds that were killed. One in use is locked, or has processes.
void sweep(const Fd& parent) {
  for (const auto& [name, type] : list_directory(parent.get())) {
    if (!name.starts_with(kPrefix)) continue;
    const Fd group(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (group && try_lock(group, LockMode::exclusive)) {
      ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
    }
  }
}

/// Opened for what is made in it. Absent: errno says why.
Fd open_parent() {
  errno = ENOENT;
  for (const std::string& directory :
       cgroup_directories("pids", read_file("/proc/self/mountinfo"),
                          read_file_if_exists("/proc/self/cgroup").value_or(""))) {
    if (::access(directory.c_str(), W_OK) != 0 || !hands_down(directory)) continue;
    Fd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent) continue;
    sweep(parent);
    return parent;
  }
  return {};
}

std::string next_name() {
  static std::atomic<unsigned> count{0};
  return fmt::format("{}{}-{}", kPrefix, ::getpid(), count++);
}

}  // namespace

std::unique_ptr<PidsCgroup> PidsCgroup::make(std::uint64_t limit) {
  static const Fd parent = open_parent();
  if (!parent) return nullptr;
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    std::unique_ptr<PidsCgroup> group(new PidsCgroup);
    group->name_ = next_name();
    const char* name = group->name_.c_str();
    if (::mkdirat(parent.get(), name, 0755) != 0 && errno != EEXIST) return nullptr;
    group->parent_ = Fd(::fcntl(parent.get(), F_DUPFD_CLOEXEC, 0));
    group->lock_ = Fd(::openat(parent.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Somebody else's sweep may have been quicker, and taken it for a left-over.
    if (!group->lock_ || !try_lock(group->lock_, LockMode::exclusive)) continue;
    group->procs_ = Fd(::openat(group->lock_.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
    if (group->procs_ && write_text(group->lock_.get(), "pids.max", std::to_string(limit))) {
      return group;
    }
  }
  return nullptr;
}

PidsCgroup::~PidsCgroup() {
  if (!lock_) return;
  // The last of its processes may be in the kernel's books for a moment longer.
  constexpr int kTries = 200;
  constexpr useconds_t kPause = 1000;
  for (int i = 0; i < kTries; ++i) {
    if (::unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR) == 0 || errno != EBUSY) return;
    ::usleep(kPause);
  }
}

}  // namespace cbuild::sandbox
