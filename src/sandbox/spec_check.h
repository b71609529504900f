// Checks a Spec before anything is started.
#pragma once

namespace cbuild::sandbox {

struct Spec;
struct WorkspaceFacts;

/// @throws Error for ids that do not exist here, a mount on "/", or no command
void check_spec(const Spec& spec, const WorkspaceFacts& facts);

}  // namespace cbuild::sandbox
