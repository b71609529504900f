// A pseudo-terminal; see terminal.h.
#include "src/sandbox/terminal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/descriptor_message.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

/// What a process of a running sandbox has put in its place must not be used.
bool is_terminal_multiplexer(int fd) noexcept {
  struct stat status {};

  struct statfs filesystem {};

  if (::fstat(fd, &status) != 0 || ::fstatfs(fd, &filesystem) != 0) return false;
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(5, 2) &&
      filesystem.f_type == DEVPTS_SUPER_MAGIC) {
    return true;
  }
  errno = ENODEV;
  return false;
}

/// As docker does: what writes to /dev/console writes to the terminal.
bool bind_console(int slave) noexcept {
  constexpr unsigned kFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  const Fd point(
      ::open("/dev/console", O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const Fd tree(::open_tree(slave, "", kFlags));
  return point && tree &&
         ::move_mount(tree.get(), "", point.get(), "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}

}  // namespace

Descriptors open_terminal(const Launch& launch, const Terminal& terminal) noexcept {
  constexpr int kFlags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  Report& report = *launch.report;
  const Fd master(::open("/dev/pts/ptmx", kFlags | O_NONBLOCK));
  int unlocked = 0;
  if (!master || !is_terminal_multiplexer(master.get()) ||
      ::fcntl(master.get(), F_SETFL, O_RDWR) != 0 ||
      ::ioctl(master.get(), TIOCSPTLCK, &unlocked) != 0) {
    fail(report, "make a terminal", nullptr);
  }
  // By the master: the name of the other side may lead elsewhere.
  const int slave = ::ioctl(master.get(), TIOCGPTPEER, kFlags);
  winsize size{};
  size.ws_row = terminal.rows;
  size.ws_col = terminal.columns;
  if (slave < 0 || ::ioctl(master.get(), TIOCSWINSZ, &size) != 0 ||
      (!launch.emulated && ::fchown(slave, launch.spec->uid, static_cast<gid_t>(-1)) != 0)) {
    fail(report, "prepare the terminal", nullptr);
  }
  if (!launch.is_guest() && !bind_console(slave)) fail(report, "make /dev/console", nullptr);
  const int sent[] = {master.get()};
  if (!send_descriptors(launch.channel, sent)) {
    fail(report, "hand the terminal over", nullptr);
  }
  return {slave, slave, slave};
}

Fd receive_terminal(const Fd& channel, Wait wait) {
  std::vector<Fd> received = receive_descriptors(channel, wait);
  return received.empty() ? Fd() : std::move(received.front());
}

}  // namespace cbuild::sandbox
