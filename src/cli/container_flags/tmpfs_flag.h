// --tmpfs TARGET[:OPTIONS]
#pragma once

#include <string>

#include "src/cli/container_flags/mount_request.h"

namespace cbuild::cli {

/// docker's --tmpfs. Options, separated by commas: size=64m, mode=1777, uid=, gid=, ro, rw, and the
/// flags of mount(8) that a tmpfs has (noexec, nosuid, nodev, noatime, … and their opposites).
/// @throws Error(usage) in the context of the flag
MountRequest parse_tmpfs_flag(const std::string& text);

}  // namespace cbuild::cli
