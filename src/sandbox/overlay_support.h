// Why an overlay could not be mounted, in words.
#pragma once

#include "cbuild/util/error.h"
#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

/// What `code`, the errno of mounting `mount`, means.
Error overlay_failure(const OverlayMount& mount, int code);

}  // namespace cbuild::sandbox
