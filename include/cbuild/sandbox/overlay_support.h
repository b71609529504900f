// Checks whether a file system can have the upper directory of an overlay.
#pragma once

#include <string>

namespace cbuild::sandbox {

/// Looks at the type of the file system only. @throws Error(machine) when an overlay with its upper
/// directory beneath `directory` cannot be mounted: start() would fail. Silence is no promise.
void check_writable_overlay(const std::string& directory);

}  // namespace cbuild::sandbox
