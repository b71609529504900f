// Explains why an overlay could not be mounted.
#pragma once

namespace cbuild {
class Error;
struct OverlayMount;
}  // namespace cbuild

namespace cbuild::sandbox {

/// The error for `code`, the errno of mounting `mount`.
Error overlay_failure(const OverlayMount& mount, int code);

}  // namespace cbuild::sandbox
