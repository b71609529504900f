// Entering the user namespace from a build: displays step aside, leftovers go.
#pragma once

#include <optional>

#include "cbuild/build/build.h"
#include "cbuild/util/fd.h"

namespace cbuild::build {

/// From here on this process may unpack, mount and run. Does nothing the second time.
void enter_working_namespace(const Environment& environment);

/// Root file system of a stack, for reading; unpacks layers that are not. Enters the namespace.
Fd open_root(const std::optional<oci::Digest>& chain, const Environment& environment);

}  // namespace cbuild::build
