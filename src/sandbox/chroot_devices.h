// The /dev and /proc of a step that runs by chroot(2): nodes and files on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cbuild/util/fd.h"
#include "src/sandbox/device_opener.h"

namespace cbuild::sandbox {

/// Fifos, open for reading and writing without waiting.
struct StreamFifos {
  Fd out;
  Fd err;
};

struct StepDevices {
  StreamFifos fifos;
  StandIns stand_ins;  ///< empty: there are nodes
};

/// Makes the directory `name` in `parent` with the harmless devices and shm. Links to /proc/self/fd
/// would lead nowhere: stdin is null, stdout and stderr are fifos. Where mknod(2) is refused, or
/// devices cannot be opened (nodev), unix sockets stand for them: open(2) of one fails with ENXIO, so
/// what the DeviceOpener does not open is never taken for an empty file. A warning says so, once.
/// @throws SysError
StepDevices make_device_directory(const Fd& parent, const std::string& name);

/// Makes the directory `name` in `parent` with copies of the files of proc(5) that tell about the
/// machine, not about processes.
void make_proc_directory(const Fd& parent, const std::string& name);

/// Makes a file. @throws SysError
Fd make_file(const Fd& parent,
             const std::string& name,
             std::string_view content,
             std::uint32_t mode);

}  // namespace cbuild::sandbox
