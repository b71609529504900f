// Nodes and files instead of mounts; see chroot_devices.h.
#include "src/sandbox/chroot_devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
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

void make_node(const Fd& directory, const DeviceNode& node) {
  if (::mknodat(directory.get(), node.name, S_IFCHR | 0600, makedev(node.major, node.minor)) != 0) {
    SysError error("make the device /dev/{} of a step", node.name);
    error.with_hint(
        "root lacks CAP_MKNOD here: docker run --cap-add MKNOD; in Kubernetes "
        "securityContext.capabilities.add");
    throw error;
  }
  set_mode(open_itself(directory, node.name), 0666);
}

Fd make_fifo(const Fd& directory, const char* name) {
  if (::mkfifoat(directory.get(), name, 0600) != 0) throw SysError("make /dev/{}", name);
  set_mode(open_itself(directory, name), 0666);
  return open_at(directory.get(), name, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
}

void check_devices(const Fd& directory) {
  if (Fd(::openat(directory.get(), "null", O_RDWR | O_CLOEXEC))) return;
  SysError error("open the device /dev/null of a step");
  error.with_hint(
      "the file system of the store is mounted with nodev: put the store on another one (--root)");
  throw error;
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

StreamFifos make_device_directory(const Fd& parent, const std::string& name) {
  const Fd dev = make_directory(parent, name, 0755);
  for (const DeviceNode& node : kDevices)
    make_node(dev, node);
  check_devices(dev);
  make_directory(dev, "shm", 01777);
  if (::symlinkat("null", dev.get(), "stdin") != 0) throw SysError("make /dev/stdin");
  return {make_fifo(dev, "stdout"), make_fifo(dev, "stderr")};
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
