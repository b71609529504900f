// Nodes and files instead of mounts; see chroot_devices.h.
#include "src/sandbox/chroot_devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/log.h"
#include "cbuild/util/once.h"
#include "src/sandbox/device_nodes.h"

namespace cbuild::sandbox {

namespace {

/// Files that tell what sysinfo(2), uname(2) and the processor tell anyway.
constexpr const char* kCopiedOfProc[] = {
    "cpuinfo",
    "filesystems",
    "loadavg",
    "meminfo",
    "stat",
    "uptime",
    "version",
    "sys/kernel/hostname",
    "sys/kernel/osrelease",
    "sys/kernel/ostype",
    "sys/kernel/version",
};

Fd make_directory(const Fd& parent, const std::string& name, mode_t mode) {
  if (::mkdirat(parent.get(), name.c_str(), 0700) != 0) throw SysError("make {}", name);
  Fd made = open_at(parent.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  set_mode(open_itself(parent, name), mode);
  return made;
}

/// False: errno says why.
bool make_nodes(const Fd& directory) {
  for (const DeviceNode& node : kDevices) {
    const dev_t device = makedev(node.major, node.minor);
    if (::mknodat(directory.get(), node.name, S_IFCHR | 0600, device) != 0) return false;
    set_mode(open_itself(directory, node.name), 0666);
  }
  return static_cast<bool>(Fd(::openat(directory.get(), "null", O_RDWR | O_CLOEXEC)));
}

StandIns make_stand_ins(const Fd& directory) {
  StandIns stand_ins;
  for (const DeviceNode& node : kDevices) {
    if (::unlinkat(directory.get(), node.name, 0) != 0 && errno != ENOENT)
      throw SysError("remove the device /dev/{}", node.name);
    if (::mknodat(directory.get(), node.name, S_IFSOCK | 0600, 0) != 0)
      throw SysError("make what stands for /dev/{}", node.name);
    const Fd socket = open_itself(directory, node.name);
    set_mode(socket, 0666);

    struct stat status {};

    if (::fstat(socket.get(), &status) != 0) throw SysError("stat /dev/{}", node.name);
    stand_ins.push_back({status.st_dev, status.st_ino, node.name});
  }
  return stand_ins;
}

void tell_of_stand_ins(const SysError& why) {
  static Once told;
  told.run([&] {
    log_warning(
        "a RUN step can have no devices of its own ({}), so cbuild opens them for it, which makes "
        "it slower; docker run --cap-add MKNOD and a store that is not mounted with nodev (--root) "
        "give it its own",
        why.what());
  });
}

Fd make_fifo(const Fd& directory, const char* name) {
  if (::mkfifoat(directory.get(), name, 0600) != 0) throw SysError("make /dev/{}", name);
  set_mode(open_itself(directory, name), 0666);
  return open_at(directory.get(), name, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
}

}  // namespace

Fd make_file(const Fd& parent,
             const std::string& name,
             std::string_view content,
             std::uint32_t mode) {
  Fd file = open_at(parent.get(), name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  write_all(file.get(), as_bytes(content), name);
  set_mode(open_itself(parent, name), mode & 07777);
  return file;
}

StepDevices make_device_directory(const Fd& parent, const std::string& name) {
  const Fd dev = make_directory(parent, name, 0755);
  StepDevices devices;
  if (!make_nodes(dev)) {
    tell_of_stand_ins(SysError("make /dev/null"));
    devices.stand_ins = make_stand_ins(dev);
  }
  make_directory(dev, "shm", 01777);
  if (::symlinkat("null", dev.get(), "stdin") != 0) throw SysError("make /dev/stdin");
  devices.fifos = {make_fifo(dev, "stdout"), make_fifo(dev, "stderr")};
  return devices;
}

void make_proc_directory(const Fd& parent, const std::string& name) {
  const Fd proc = make_directory(parent, name, 0555);
  make_directory(make_directory(proc, "sys", 0555), "kernel", 0555);
  for (const char* path : kCopiedOfProc) {
    try {
      const auto content = read_file_if_exists(std::string("/proc/") + path);
      if (content) make_file(proc, path, *content, 0444);
    } catch (const SysError&) {  // it is not ours to read
    }
  }
}

}  // namespace cbuild::sandbox
