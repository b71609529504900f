// Explains why an overlay could not be mounted.
#pragma once

#include "cbuild/util/error.h"
#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

/// The error for `code`, the errno of mounting `mount`.
Error overlay_failure(const OverlayMount& mount, int code);

}  // namespace cbuild::sandbox
