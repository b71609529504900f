// The devices of a step where none can be made: sockets that stand for them, and who opens them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cbuild/util/fd.h"
#include "src/sandbox/notifications.h"

namespace cbuild::sandbox {

struct FileName;
class Tracee;

/// A unix socket in the place of a device.
struct StandIn {
  dev_t device;
  ino_t inode;
  const char* name;  ///< in /dev, static
};

using StandIns = std::vector<StandIn>;

/// Answers open(2) and its like (opening_program()). A process that opens a stand-in by the name of
/// a device gets the device of this machine. The kernel answers every other call: a stand-in that is
/// opened through a link of another name fails with ENXIO, and so does /dev/tty, as without a
/// controlling terminal. For one thread.
class DeviceOpener {
 public:
  /// @param root of the step, O_PATH.  @throws SysError
  DeviceOpener(StandIns stand_ins, Fd root);

  Reply answer(const Notification& notification, const Listener& listener) const;

 private:
  Fd open_as(const Tracee& tracee, const FileName& name) const;
  const StandIn* stand_in_of(const Fd& file) const noexcept;

  StandIns stand_ins_;
  Fd root_;
  Fd proc_;
  Fd devices_;
  std::string root_path_;
};

}  // namespace cbuild::sandbox
