// -v [SOURCE:]TARGET[:OPTIONS]
#pragma once

#include <string>

#include "src/cli/container_flags/mount_request.h"

namespace cbuild::cli {

struct CallerPaths;

/// docker's -v. A source that begins with "/", "." or "~" is a path: a bind whose source is made
/// when it is missing. Another one is the name of a volume, no source an anonymous volume. Options,
/// separated by commas: ro rw, z Z, U, nocopy, cached delegated consistent, and the propagations;
/// one of each kind.
/// @throws Error(usage) with docker's words, in the context of the flag
MountRequest parse_volume_flag(const std::string& text, const CallerPaths& caller);

}  // namespace cbuild::cli
