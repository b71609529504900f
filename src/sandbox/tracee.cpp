// Memory and paths of a thread; see tracee.h.
#include "src/sandbox/tracee.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "src/sandbox/notifications.h"
#include "src/sandbox/notified_calls.h"
#include "src/sandbox/path_walk.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

int to_int(std::uint64_t argument) noexcept {
  return static_cast<int>(static_cast<std::uint32_t>(argument));  // as the kernel reads an int
}

/// Root without CAP_SYS_PTRACE may open the memory of another user's process as that user only: the
/// kernel compares the file system IDs, which are those of this thread alone.
class AsUserOf {
 public:
  AsUserOf(int proc, pid_t thread) noexcept {
    struct stat status {};

    if (::fstatat(proc, std::to_string(thread).c_str(), &status, 0) != 0) return;
    ::setfsgid(status.st_gid);
    ::setfsuid(status.st_uid);
  }

  AsUserOf(const AsUserOf&) = delete;
  AsUserOf& operator=(const AsUserOf&) = delete;

  ~AsUserOf() {
    ::setfsuid(::geteuid());
    ::setfsgid(::getegid());
  }
};

}  // namespace

FileName FileName::parent() const {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return {dirfd, ".", true};
  return {dirfd, path.substr(0, slash + 1), true};
}

std::string FileName::leaf() const {
  const auto slash = path.find_last_of('/');
  std::string last = slash == std::string::npos ? path : path.substr(slash + 1);
  return last == "." || last == ".." ? std::string() : last;
}

pid_t Tracee::thread() const noexcept {
  return notification_.thread;
}

bool Tracee::read(std::uint64_t address, std::span<std::byte> to) const noexcept {
  const iovec local{to.data(), to.size()};
  const iovec remote{reinterpret_cast<void*>(address), to.size()};
  const auto size = static_cast<ssize_t>(to.size());
  const ssize_t count = ::process_vm_readv(thread(), &local, 1, &remote, 1, 0);
  if (count >= 0 || errno != EPERM) return count == size;
  const AsUserOf user(proc_, thread());
  const Fd memory = open_memory(O_RDONLY);
  return memory && ::pread(memory.get(), to.data(), to.size(), static_cast<off_t>(address)) == size;
}

Fd Tracee::open_memory(int flags) const noexcept {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "%d/mem", thread());
  return Fd(::openat(proc_, path.data(), flags | O_CLOEXEC));
}

bool Tracee::is_waiting() const noexcept {
  return listener_.is_waiting(notification_);
}

/// By a descriptor, which stays with the memory that it was opened for.
bool Tracee::write(std::uint64_t address, std::span<const std::byte> from) const noexcept {
  const Fd memory = open_memory(O_WRONLY);
  return memory && is_waiting() &&
         ::pwrite(memory.get(), from.data(), from.size(), static_cast<off_t>(address)) ==
             static_cast<ssize_t>(from.size());
}

std::optional<std::string> Tracee::read_string(std::uint64_t address) const {
  constexpr std::uint64_t kStep = 512;  // a page is a multiple of it
  std::array<char, PATH_MAX> buffer;
  for (std::size_t used = 0; used < buffer.size();) {
    const std::uint64_t from = address + used;
    const std::size_t size = std::min<std::size_t>(kStep - from % kStep, buffer.size() - used);
    if (!read(from, std::as_writable_bytes(std::span(buffer.data() + used, size)))) return {};
    const void* end = std::memchr(buffer.data() + used, '\0', size);
    if (end != nullptr) return std::string(buffer.data());
    used += size;
  }
  return std::nullopt;
}

std::optional<FileName> Tracee::file_of(const CallForm& form) const {
  const auto& arguments = notification_.arguments;
  unsigned flags = form.fixed_flags;
  if (form.flags >= 0) flags |= static_cast<unsigned>(arguments.at(form.flags));
  FileName name{.dirfd = form.dirfd < 0 ? AT_FDCWD : to_int(arguments.at(form.dirfd)),
                .path = {},
                .follow = (flags & AT_SYMLINK_NOFOLLOW) == 0};
  const bool may_be_empty = (flags & AT_EMPTY_PATH) != 0;
  const std::uint64_t address = form.path < 0 ? 0 : arguments.at(form.path);
  if (address != 0) {
    auto path = read_string(address);
    if (!path) return std::nullopt;
    name.path = std::move(*path);
  } else if (!may_be_empty) {
    return std::nullopt;
  }
  if (name.path.empty() && !may_be_empty) return std::nullopt;
  if (name.path.empty()) name.follow = true;  // the link in /proc that leads to the open file
  if (!name.path.starts_with('/') && name.dirfd < 0 && name.dirfd != AT_FDCWD) return std::nullopt;
  return name;
}

std::string Tracee::quick_base(int dirfd) const {
  std::string name = std::to_string(thread());
  return dirfd == AT_FDCWD ? name + "/cwd" : name + "/fd/" + std::to_string(dirfd);
}

std::string Tracee::quick_name(const FileName& name) const {
  if (name.path.empty()) return quick_base(name.dirfd);
  return name.path.starts_with('/') ? name.path : quick_base(name.dirfd) + "/" + name.path;
}

Fd Tracee::open(const FileName& name) const {
  Fd base;
  if (!name.path.starts_with('/')) {
    base = Fd(::open(quick_base(name.dirfd).c_str(), O_PATH | O_CLOEXEC));
    if (!base || name.path.empty()) return base;
  }
  const int at = base ? base.get() : AT_FDCWD;
  Fd file(open_resolved(at, name.path.c_str(), O_PATH | (name.follow ? 0 : O_NOFOLLOW), 0));
  // A magic link, or "self", which is nobody to a thread outside of the step's pid namespace.
  if (!file && (errno == ELOOP || errno == ENOENT))
    file = walk_path(at, name.path, name.follow, thread());
  // No file of /proc has a record. Where the step has the /proc of this process, the file may be
  // one of this process.
  if (file && is_in_proc(file.get())) {
    errno = EPERM;
    return {};
  }
  return file;
}

}  // namespace cbuild::sandbox
