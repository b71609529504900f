// The root of a supervisor's thread; see standpoint.h.
#include "src/sandbox/standpoint.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild::sandbox {

namespace {

/// The process that /proc takes for the reader.
std::string reader_in(int proc, const char* link) {
  std::array<char, 32> text;
  const ssize_t size = ::readlinkat(proc, link, text.data(), text.size());
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// A new one at no path. Empty: errno says why.
Fd mount_own_proc() noexcept {
  const Fd context(::fsopen("proc", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return {};
  return Fd(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
}

}  // namespace

Standpoint::Standpoint(Fd root)
    : root_(std::move(root)), proc_(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!proc_) throw SysError("open /proc");
  const std::string process = std::to_string(::getpid());
  // Notifications name threads as this pid namespace does.
  if (reader_in(proc_.get(), "self") != process) proc_ = mount_own_proc();
  if (!proc_) throw SysError("mount a /proc of this pid namespace");
  if (::unshare(CLONE_FS) != 0) throw SysError("unshare the root of a thread");
  return_home();
  shares_proc_ = reader_in(AT_FDCWD, "/proc/self") == process;
}

void Standpoint::return_home() {
  if (::fchdir(root_.get()) != 0 || ::chroot(".") != 0 || ::fchdir(proc_.get()) != 0)
    throw SysError("change the root of a supervisor");
  is_away_ = false;
}

bool Standpoint::move_to(pid_t thread) noexcept {
  if (!has_other_roots_) return true;
  is_away_ = true;
  const std::string path = std::to_string(thread) + "/root";
  return ::chroot(path.c_str()) == 0;
}

std::string path_of(int fd) {
  return "self/fd/" + std::to_string(fd);
}

}  // namespace cbuild::sandbox
