// Room on the disk that is kept for the removal of things: a removal must be written down first.
#pragma once

#include <string>

namespace cbuild::store {

/// Gives the room back to the disk. False when there was none.
bool release_ballast(const std::string& path) noexcept;

/// Takes room again, up to 1 MiB and never more than half of what is free; nothing when all is
/// there. One stat(2) then.
void restore_ballast(const std::string& path) noexcept;

}  // namespace cbuild::store
