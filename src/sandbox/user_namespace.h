// Enters a user namespace.
#pragma once

namespace cbuild::sandbox {

enum class IdsWanted;

/// Whether this process is root of the machine, not merely of a container.
bool is_root_of_machine();

/// Moves this process into a user and mount namespace; see Workspace::enter().
/// @return is_root_of_machine(), as it was before
bool enter_user_namespace(IdsWanted ids);

}  // namespace cbuild::sandbox
