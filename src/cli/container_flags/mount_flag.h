// --mount type=…,source=…,target=…
#pragma once

#include <string>

#include "src/cli/container_flags/mount_request.h"

namespace cbuild::cli {

struct CallerPaths;

/// docker's --mount: comma-separated key=value pairs (see csv.h for quotes); a key is read without
/// regard to case, the last one of several counts. Without a type it is a volume. A bind's source
/// must exist later unless bind-create-src is given.
/// @throws Error(usage) with docker's words, in the context of the flag
MountRequest parse_mount_flag(const std::string& text, const CallerPaths& caller);

}  // namespace cbuild::cli
