// What is wrong with a Spec, told before anything is started.
#pragma once

#include "cbuild/sandbox/spec.h"

namespace cbuild::sandbox {

/// @throws Error for ids that do not exist here, a mount on "/", or no command
void check_spec(const Spec& spec);

}  // namespace cbuild::sandbox
