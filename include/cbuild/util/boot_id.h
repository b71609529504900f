// The ID of the current boot (/proc/sys/kernel/random/boot_id).
#pragma once

#include <string>

namespace cbuild {

/// The kernel's random id of this boot, /proc/sys/kernel/random/boot_id. What was written under
/// another one and never synced may have been lost with the power. Empty when /proc does not tell.
std::string boot_id();

}  // namespace cbuild
