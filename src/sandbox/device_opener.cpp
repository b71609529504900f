// Opens devices for a step; see device_opener.h.
#include "src/sandbox/device_opener.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "src/sandbox/device_nodes.h"
#include "src/sandbox/notified_calls.h"
#include "src/sandbox/syscalls.h"
#include "src/sandbox/tracee.h"

namespace cbuild::sandbox {

namespace {

/// What of the flags means something to a device.
constexpr int kPassed = O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC;

/// nullopt: they cannot be read.
std::optional<int> flags_of(const CallForm& form, const Notification& call, const Tracee& tracee) {
  const auto first = call.arguments.at(static_cast<std::size_t>(form.first));
  if (form.call == Call::creat) return O_WRONLY | O_CREAT | O_TRUNC;
  if (form.call == Call::open) return static_cast<int>(first);
  open_how how{};
  if (!tracee.read_value(first, how)) return std::nullopt;
  return static_cast<int>(how.flags);
}

/// Only such names are looked up: most files that are opened have others.
bool may_be_a_device(std::string_view leaf) {
  return leaf == "stdin" ||
         std::ranges::any_of(kDevices, [&](const DeviceNode& node) { return leaf == node.name; });
}

bool opens_no_device(int flags) {
  constexpr int kNew = O_CREAT | O_EXCL;
  return (flags & (O_PATH | O_DIRECTORY)) != 0 || (flags & kNew) == kNew;
}

}  // namespace

DeviceOpener::DeviceOpener(StandIns stand_ins, Fd root)
    : stand_ins_(std::move(stand_ins)),
      root_(std::move(root)),
      proc_(open_directory("/proc")),
      devices_(open_directory("/dev")),
      root_path_(read_link(AT_FDCWD, "/proc/self/fd/" + std::to_string(root_.get()))) {}

/// A relative name begins where the kernel says that its directory is, if that is in the root.
Fd DeviceOpener::open_as(const Tracee& tracee, const FileName& name) const {
  std::string path = name.path;
  if (!path.starts_with('/')) {
    const std::string thread = std::to_string(tracee.thread());
    const std::string base =
        thread + (name.dirfd == AT_FDCWD ? "/cwd" : "/fd/" + std::to_string(name.dirfd));
    try {
      const std::string directory = read_link(proc_.get(), base) + "/";
      if (!directory.starts_with(root_path_ + "/")) return Fd();
      path = directory.substr(root_path_.size()) + path;
    } catch (const SysError&) {
      return Fd();
    }
  }
  return Fd(open_inside(root_.get(), path.c_str(), O_PATH | (name.follow ? 0 : O_NOFOLLOW)));
}

const StandIn* DeviceOpener::stand_in_of(const Fd& file) const noexcept {
  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0) return nullptr;
  const auto found = std::ranges::find_if(stand_ins_, [&](const StandIn& stand_in) {
    return stand_in.device == status.st_dev && stand_in.inode == status.st_ino;
  });
  return found == stand_ins_.end() ? nullptr : &*found;
}

Reply DeviceOpener::answer(const Notification& notification, const Listener& listener) const {
  const CallForm* form = find_call_form(notification.architecture, notification.number);
  if (form == nullptr) return Proceed{};
  const Tracee tracee(notification, listener, proc_.get());
  const auto flags = flags_of(*form, notification, tracee);
  if (!flags || opens_no_device(*flags)) return Proceed{};
  auto name = tracee.file_of(*form);
  if (!name || !may_be_a_device(name->leaf())) return Proceed{};
  name->follow = (*flags & O_NOFOLLOW) == 0;
  const StandIn* stand_in = stand_in_of(open_as(tracee, *name));
  if (stand_in == nullptr || !tracee.is_waiting()) return Proceed{};
  // That of this machine would be the terminal of cbuild.
  if (std::string_view(stand_in->name) == "tty") return Return{-ENXIO};
  Fd device(::openat(devices_.get(), stand_in->name, (*flags & kPassed) | O_NOCTTY | O_CLOEXEC));
  if (!device) return Return{-errno};
  return ReturnFile{std::move(device), (*flags & O_CLOEXEC) != 0};
}

}  // namespace cbuild::sandbox
