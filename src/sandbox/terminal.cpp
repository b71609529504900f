// A pseudo-terminal; see terminal.h.
#include "src/sandbox/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/streams.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

/// A message of one byte with room for one descriptor (SCM_RIGHTS, unix(7)).
class DescriptorMessage {
 public:
  DescriptorMessage() noexcept {
    header_.msg_iov = &content_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_;
    header_.msg_controllen = sizeof control_;
  }

  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  bool send(int channel, int fd) noexcept {
    cmsghdr* part = CMSG_FIRSTHDR(&header_);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    return ::sendmsg(channel, &header_, MSG_NOSIGNAL) == 1;
  }

  /// As recvmsg(2).
  ssize_t receive(int channel) noexcept { return ::recvmsg(channel, &header_, MSG_CMSG_CLOEXEC); }

  Fd descriptor() const noexcept {
    const cmsghdr* part = CMSG_FIRSTHDR(&header_);
    if (part == nullptr || part->cmsg_type != SCM_RIGHTS) return {};
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return Fd(fd);
  }

 private:
  alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(int))] = {};
  char byte_ = 0;
  iovec content_{&byte_, 1};
  msghdr header_{};
};

}  // namespace

Descriptors open_terminal(const Launch& launch, const Terminal& terminal) noexcept {
  constexpr int kFlags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  Report& report = *launch.report;
  const Fd master(::open("/dev/pts/ptmx", kFlags));
  int unlocked = 0;
  if (!master || ::ioctl(master.get(), TIOCSPTLCK, &unlocked) != 0) {
    fail(report, "make a terminal", nullptr);
  }
  // By the master: the name of the other side may lead elsewhere.
  const int slave = ::ioctl(master.get(), TIOCGPTPEER, kFlags);
  winsize size{};
  size.ws_row = terminal.rows;
  size.ws_col = terminal.columns;
  if (slave < 0 || ::ioctl(master.get(), TIOCSWINSZ, &size) != 0 ||
      ::fchown(slave, launch.spec->uid, static_cast<gid_t>(-1)) != 0) {
    fail(report, "prepare the terminal", nullptr);
  }
  DescriptorMessage message;
  if (!message.send(launch.terminal_channel, master.get())) {
    fail(report, "hand the terminal over", nullptr);
  }
  return {slave, slave, slave};
}

Fd receive_terminal(const Fd& channel) {
  DescriptorMessage message;
  ssize_t count = 0;
  do {
    count = message.receive(channel.get());
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw SysError("receive the terminal of a sandbox");
  return count == 0 ? Fd() : message.descriptor();
}

}  // namespace cbuild::sandbox
