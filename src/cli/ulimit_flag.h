// --ulimit NAME=SOFT[:HARD]
#pragma once

#include <string>

#include "cbuild/sandbox/limits.h"

namespace cbuild::cli {

/// docker's --ulimit; -1 and "unlimited" are no limit. @throws Error(usage) that names the flag
sandbox::ResourceLimit parse_ulimit(const std::string& text);

}  // namespace cbuild::cli
