// Checks a Spec before anything is started.
#pragma once

#include "cbuild/sandbox/spec.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

/// @throws Error for ids that do not exist here, a mount on "/", or no command
void check_spec(const Spec& spec, const WorkspaceFacts& facts);

}  // namespace cbuild::sandbox
