// The /dev and /proc of a step that runs by chroot(2): nodes and files on the disk.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// Makes the directory `name` in `parent` with the harmless devices and shm.
/// @throws Error(machine) when mknod(2) is refused, or devices cannot be opened there (nodev)
void make_device_directory(const Fd& parent, const std::string& name);

/// Makes the directory `name` in `parent` with copies of the files of proc(5) that tell about the
/// machine, not about processes.
void make_proc_directory(const Fd& parent, const std::string& name);

/// Makes a file. @throws SysError
Fd make_file(const Fd& parent,
             const std::string& name,
             std::string_view content,
             std::uint32_t mode);

}  // namespace cbuild::sandbox
