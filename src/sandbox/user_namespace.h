// Enters a user namespace.
#pragma once

namespace cbuild::sandbox {

enum class IdsWanted;

/// Moves this process into a user and mount namespace; see Workspace::enter().
/// @return whether id 0 in it is root of the machine, not merely of a container
bool enter_user_namespace(IdsWanted ids);

}  // namespace cbuild::sandbox
