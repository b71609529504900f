// A pseudo-terminal; see terminal.h.
#include "src/sandbox/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/streams.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/descriptor_message.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

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
      (!launch.emulated && ::fchown(slave, launch.spec->uid, static_cast<gid_t>(-1)) != 0)) {
    fail(report, "prepare the terminal", nullptr);
  }
  const int sent[] = {master.get()};
  if (!send_descriptors(launch.terminal_channel, sent)) {
    fail(report, "hand the terminal over", nullptr);
  }
  return {slave, slave, slave};
}

Fd receive_terminal(const Fd& channel) {
  std::vector<Fd> received = receive_descriptors(channel);
  return received.empty() ? Fd() : std::move(received.front());
}

}  // namespace cbuild::sandbox
